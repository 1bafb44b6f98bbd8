/**
 * A glance at what the network does: one validation image, predicted.
 *
 * @module
 */
import { Buffer } from "node:buffer";
import { encodePng } from "../../data/codecs/png_encode.ts";
import { predict } from "../../models/inference/predict.ts";
import type { SampleEvent } from "../events.ts";
import type { Session } from "../run/session.ts";

/** Longest side of the picture. */
const SIDE = 256;

/** Predicts the first validation image: a palette PNG of at most 256 pixels a side. */
export async function sampleEvent(
  { networks, validation, config }: Session,
  { step, epoch }: { step: number; epoch: number },
): Promise<SampleEvent> {
  const { id, image } = await validation.read(0);
  const { normalize } = config.data;
  const options = { normalize, ...config.inference };
  const map = await predict(networks.segmentation.model, image, options);
  const factor = Math.max(1, Math.max(map.width, map.height) / SIDE);
  const [width, height] = [Math.round(map.width / factor), Math.round(map.height / factor)];
  const data = new Uint8Array(width * height);
  for (let y = 0; y < height; y++) {
    const row = Math.min(map.height - 1, Math.floor((y + 0.5) * factor)) * map.width;
    for (let x = 0; x < width; x++) {
      data[y * width + x] = map
        .data[row + Math.min(map.width - 1, Math.floor((x + 0.5) * factor))]!;
    }
  }
  const palette = Uint8Array.from(validation.classes.flatMap(({ color }) => color));
  const png = encodePng({ width, height, channels: 1, data, palette });
  const text = Buffer.from(png).toString("base64");
  return { type: "sample", time: Date.now(), step, epoch, id, width, height, png: text };
}
