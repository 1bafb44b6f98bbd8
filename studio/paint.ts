/**
 * Classes over a picture.
 *
 * @module
 */

/** A picture with the class of each pixel, and how probable that is. */
export interface Painted {
  /** RGBA. */
  picture: Uint8ClampedArray;
  labels: Uint8Array;
  /** 0 to 255. */
  confidence: Uint8Array;
}

/** What is shown of it. */
export interface PaintOptions {
  /** Red, green and blue of each class. */
  colors: readonly (readonly number[])[];
  /** Classes that are not shown. */
  hidden: ReadonlySet<number>;
  /** Of the classes over the picture, 0 to 1. */
  opacity: number;
  /** Whether probabilities are shown in place of classes, black to white. */
  isConfidence: boolean;
}

/** Mixes them, pixel by pixel. @returns RGBA, owned by the caller. */
export function paint(
  { picture, labels, confidence }: Painted,
  { colors, hidden, opacity, isConfidence }: PaintOptions,
): Uint8ClampedArray<ArrayBuffer> {
  const pixels = new Uint8ClampedArray(picture);
  for (let i = 0; i < labels.length; i++) {
    const label = labels[i]!;
    if (hidden.has(label)) continue;
    for (let c = 0; c < 3; c++) {
      const value = isConfidence ? confidence[i]! : colors[label]![c]!;
      pixels[i * 4 + c] = picture[i * 4 + c]! * (1 - opacity) + value * opacity;
    }
  }
  return pixels;
}
