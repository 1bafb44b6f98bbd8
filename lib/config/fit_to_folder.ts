/**
 * Crop, batch and schedule for a folder of one's own, by its images and the machine.
 *
 * @module
 */
import type { FittedValues } from "./define_preset.ts";
import type { PresetFacts } from "./preset_facts.ts";

/** Largest crop in pixels, images in a batch, and how many times the budget of two processors. */
interface Machine {
  pixels: number;
  batch: number;
  times: number;
}

const CARD: Machine = { pixels: 512 * 512, batch: 16, times: 10 };

/** The stride of every network of these presets; below twice of it the deepest features are a pixel. */
const MULTIPLE = 32;

/** A set of 20 images would be repeated for hours, and the gain ends long before. */
const MOST_EPOCHS = 200;

/**
 * Fits a preset. Images are scaled down until one fits into the machine's largest crop, the crop
 * has their shape, training zooms from that size to twice of it, inference takes that size, and the
 * number of epochs spends the budget.
 *
 * @param budget Images to train on in all, on two processors: epochs times images of the data set.
 */
export function fitToFolder(facts: PresetFacts, budget: number): FittedValues {
  const { images, size: [height, width], processors, gpu } = facts;
  const { pixels, batch: most, times } = gpu === null ? processorsOf(processors) : CARD;
  const scale = Math.min(1, Math.sqrt(pixels / (height * width)));
  const crop: [number, number] = [side(height * scale), side(width * scale)];
  const zoom: [number, number] = [scale, 2 * scale].map((z) => Number(z.toPrecision(3))) as [
    number,
    number,
  ];
  const batch = Math.max(1, Math.min(most, images >> 1));
  const epochs = Math.max(1, Math.min(MOST_EPOCHS, Math.round(budget * times / images)));
  const steps = epochs * Math.max(1, Math.floor(images / batch));
  const [cropHeight, cropWidth] = crop;
  return {
    config: {
      data: {
        crop,
        batch,
        augment: [
          { name: "affine", zoom, rotate: 10, flip: true },
          { name: "color-jitter", brightness: 0.4, contrast: 0.4, saturation: 0.3 },
        ],
      },
      // The average reaches back over a ninth of the run
      train: { epochs, ema: 0.99, emaTau: Math.max(1, Math.round(steps / 9)) },
      inference: {
        ...(scale < 1 && { resize: crop, resizeMode: "letterbox" as const }),
        batch: Math.min(8, batch),
      },
      validation: { every: Math.max(1, Math.round(epochs / 3)) },
    },
    reason: `${counted(images, "image")} of ${width}x${height} on ` +
      `${gpu ?? counted(processors, "processor")}: crop ${cropWidth}x${cropHeight} of the image ` +
      `at ${zoom[0]} to ${zoom[1]} of its size, batch ${batch}, ` +
      `${counted(epochs, "epoch")} (${counted(steps, "step")})`,
  };
}

/** Time grows with the pixels of a crop, and falls with the processors up to some eight. */
function processorsOf(count: number): Machine {
  return { pixels: 128 * 160, batch: 8, times: Math.max(1, Math.min(count, 8) / 2) };
}

function side(length: number): number {
  return Math.max(2 * MULTIPLE, Math.round(length / MULTIPLE) * MULTIPLE);
}

function counted(count: number, unit: string): string {
  return `${count.toLocaleString("en")} ${unit}${count === 1 ? "" : "s"}`;
}
