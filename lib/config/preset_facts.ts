/**
 * What a preset is fitted to: the images to train on, and the machine.
 *
 * @module
 */
import { recognizeData } from "../data/recognize_data.ts";
import { openDataset } from "../data/registry.ts";
import { adapterName, requestAdapter } from "../engine/webgpu/adapter.ts";
import { processorCount } from "../util/host.ts";
import type { Config } from "./config.ts";

/** Facts that crop, batch and schedule of a preset depend on. */
export interface PresetFacts {
  /** Images of the split to train on. */
  images: number;
  /** Median height and width of these images, in pixels. */
  size: [height: number, width: number];
  /** Processors that WASM trains on. */
  processors: number;
  /** Name of the graphics card that trains; `null` where processors do. */
  gpu: string | null;
}

/** Images whose size is read; decoding a photograph takes a tenth of a second. */
const SIZE_SAMPLES = 12;

/**
 * Opens the data of a configuration and looks for the adapter that its backend would take.
 *
 * @throws {Error} If the data cannot be opened; the message says what to change.
 */
export async function gatherFacts({ data, backend, threads }: Config): Promise<PresetFacts> {
  const { dataset, layout } = await recognizeData(data);
  const split = await openDataset(dataset, { ...data, layout, split: data.trainSplit });
  const images = split.ids.length;
  const count = Math.min(images, SIZE_SAMPLES);
  const sizes = { height: [] as number[], width: [] as number[] };
  for (let i = 0; i < count; i++) {
    const { image } = await split.read(Math.floor(i * images / count));
    sizes.height.push(image.height);
    sizes.width.push(image.width);
  }
  return {
    images,
    size: [median(sizes.height), median(sizes.width)],
    processors: threads || processorCount(),
    gpu: backend === "auto" || backend === "webgpu" ? await realAdapter() : null,
  };
}

async function realAdapter(): Promise<string | null> {
  try {
    return adapterName((await requestAdapter({ allowSoftware: false })).info);
  } catch {
    return null; // none, or a software one, which is slower than WASM
  }
}

function median(values: number[]): number {
  return values.toSorted((a, b) => a - b)[values.length >> 1] ?? 0;
}
