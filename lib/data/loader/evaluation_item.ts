import type { Dataset } from "../dataset.ts";
import type { EvaluationItem, EvaluationOptions } from "./evaluation_items.ts";
import { fitImage, fitLabel } from "../transforms/fit_image.ts";
import { remapLabels } from "../transforms/remap_labels.ts";

/** Reads and fits one sample; depends on nothing but its arguments, in any thread. */
export async function evaluationItem(
  dataset: Dataset,
  index: number,
  options: EvaluationOptions,
): Promise<EvaluationItem> {
  const sample = await dataset.read(index);
  const { width: columns } = sample.label;
  const label = new Uint8Array(sample.label.data);
  remapLabels(label, { ...dataset, where: `sample "${sample.id}"`, width: columns });
  return {
    id: sample.id,
    ...fitImage(sample.image, options),
    label: fitLabel({ ...sample.label, data: label }, options).data,
  };
}
