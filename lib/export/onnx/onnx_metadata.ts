/**
 * What an exported file says of itself: Ultralytics' keys, which its tools read, and one entry of
 * ours.
 *
 * @module
 */
import { inputChannelsOf, type SegmentationModel } from "../../models/segmentation_model.ts";
import { printable } from "../../util/format.ts";
import type { ModelMetadata } from "../../weights/weight_file.ts";

/** Entries of `metadata_props`. */
export function onnxMetadata(
  model: SegmentationModel,
  options: ModelMetadata & { size: { height: number; width: number } | null; date?: Date },
): Record<string, string> {
  const { classes, normalize, size, date = new Date() } = options;
  const { inputMultiple, upsampleOrder, logitStride, architecture } = model;
  return {
    description: `Semantic segmentation by ${model.name}`,
    author: "segadv",
    date: date.toISOString(),
    stride: String(inputMultiple),
    task: "semantic",
    channels: String(inputChannelsOf(model)),
    ...(size && { imgsz: `[${size.height}, ${size.width}]` }),
    names: pythonDict(classes.map(({ name }) => name)),
    segadv: JSON.stringify({
      classes,
      normalize,
      inputMultiple,
      logitStride,
      upsampleOrder,
      architecture,
    }),
  };
}

/** `{0: 'road', 1: 'sky'}`, which Ultralytics reads by Python's own parser. */
function pythonDict(names: readonly string[]): string {
  const quoted = (name: string): string =>
    `'${printable(name.replaceAll("\\", "\\\\").replaceAll("'", "\\'"))}'`;
  return `{${names.map((name, i) => `${i}: ${quoted(name)}`).join(", ")}}`;
}
