/**
 * What `segadv predict` writes of an image, as bytes.
 *
 * @module
 */
import type { ClassInfo, LabelMap, RgbImage } from "@segadv/segadv";
import {
  type BenchmarkFormat,
  benchmarkFormats,
  encodePng,
  requireBenchmarkClasses,
} from "@segadv/segadv/data";
import type { ProbabilityMap } from "@segadv/segadv/models";
import { type Context, warn } from "../context.ts";
import { UsageError } from "../errors.ts";

/** Makes the file of a map. */
export type MapEncoder = (image: RgbImage, label: LabelMap) => Uint8Array;

/**
 * The encoder of a format: palette indices, the classes' colours, these over the image, or what a
 * benchmark's server takes.
 *
 * @throws {UsageError} If the network has not the benchmark's classes.
 */
export function encoderFor(
  format: string,
  { classes, context }: { classes: ClassInfo[]; context: Context },
): MapEncoder {
  if (format === "index") return (_image, label) => encodeIndices(label, classes);
  if (format === "color") return (_image, label) => encodeColors(label, classes);
  if (format === "overlay") return (image, label) => encodeOverlay(image, { label, classes });
  const found = benchmarkFormats.get(format);
  const order = orderFor(found, classes);
  if (order === null) return (_image, label) => found.encode(label);
  warn(context, `the network has the classes of ${found.name} in another order: matched by name`);
  return (_image, { width, height, data }) =>
    found.encode({ width, height, data: data.map((label) => order[label]!) });
}

function orderFor(format: BenchmarkFormat, classes: ClassInfo[]): Uint8Array | null {
  try {
    return requireBenchmarkClasses(format, classes);
  } catch (error) {
    throw new UsageError((error as Error).message, { cause: error });
  }
}

function encodeIndices({ width, height, data }: LabelMap, classes: ClassInfo[]): Uint8Array {
  const palette = Uint8Array.from(classes.flatMap(({ color }) => color));
  return encodePng({ width, height, channels: 1, data, palette });
}

function encodeColors({ width, height, data: labels }: LabelMap, classes: ClassInfo[]): Uint8Array {
  const data = new Uint8Array(labels.length * 3);
  labels.forEach((label, i) => data.set(classes[label]!.color, i * 3));
  return encodePng({ width, height, channels: 3, data });
}

/** Half image, half colour of the class; of an image that is not RGB the first channel, as grey. */
export function encodeOverlay(
  { width, height, data: pixels, channels = 3 }: RgbImage,
  { label, classes }: { label: LabelMap; classes: ClassInfo[] },
): Uint8Array {
  const step = channels >= 3 ? 1 : 0;
  const data = new Uint8Array(width * height * 3);
  for (let i = 0; i < label.data.length; i++) {
    const { color } = classes[label.data[i]!]!;
    for (let c = 0; c < 3; c++) {
      data[i * 3 + c] = (pixels[i * channels + c * step]! + color[c]! + 1) >> 1;
    }
  }
  return encodePng({ width, height, channels: 3, data });
}

/** The probability of the predicted class, 0 to 1 as 0 to 255. */
export function encodeConfidence(
  { width, height, channels, data: all }: ProbabilityMap,
): Uint8Array {
  const data = new Uint8Array(width * height);
  for (let i = 0, at = 0; i < data.length; i++, at += channels) {
    let most = 0;
    for (let c = 0; c < channels; c++) most = Math.max(most, all[at + c]!);
    data[i] = Math.round(Math.min(1, most) * 255);
  }
  return encodePng({ width, height, channels: 1, data });
}

/** The probability of one class: 0 to 65,535 as a PNG of 16 bits, or NumPy's array of float32. */
export function encodeProbability(
  { width, height, channels, data: all }: ProbabilityMap,
  { index, kind }: { index: number; kind: string },
): Uint8Array {
  const values = Float32Array.from(
    { length: width * height },
    (_, i) => all[i * channels + index]!,
  );
  if (kind === "npy") return encodeNpy(values, [height, width]);
  const data = Uint16Array.from(values, (value) => Math.round(Math.min(1, value) * 65_535));
  return encodePng({ width, height, channels: 1, data });
}

/** NumPy's format, version 1.0. */
function encodeNpy(values: Float32Array, shape: readonly number[]): Uint8Array {
  const text = `{'descr': '<f4', 'fortran_order': False, 'shape': (${shape.join(", ")}), }`;
  // Ten bytes before it; all together a multiple of 64, ended by a line feed
  const header = `${text.padEnd(Math.ceil((text.length + 11) / 64) * 64 - 11)}\n`;
  const bytes = new Uint8Array(10 + header.length + values.length * 4);
  bytes.set([0x93, 0x4e, 0x55, 0x4d, 0x50, 0x59, 1, 0, header.length & 255, header.length >> 8]);
  bytes.set(new TextEncoder().encode(header), 10);
  const fields = new DataView(bytes.buffer, 10 + header.length);
  values.forEach((value, i) => fields.setFloat32(i * 4, value, true));
  return bytes;
}
