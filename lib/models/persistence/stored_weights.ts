/**
 * The weights of a saved network: all in one piece, in the order of its manifest.
 *
 * @module
 */
import * as tf from "@tensorflow/tfjs";
import type { WeightSource } from "../builders/weight_source.ts";
import { isAllFinite, NonFiniteNetworkError } from "../non_finite.ts";
import type { SegmentationModel } from "../segmentation_model.ts";
import { dilationOf, takeTaps } from "../../weights/dilated_kernel.ts";
import { sizeFromShape } from "../../weights/formats/float32_values.ts";
import type { Artifacts } from "../../weights/formats/model_files.ts";

/**
 * A weight of a saved graph that the network has not, or has in another shape: a constant matrix, or a
 * depthwise kernel with zeros between its taps.
 */
export interface GraphWeight {
  name: string;
  shape: number[];
  values: Float32Array;
}

/**
 * All weights in one piece, in the model's order, and the graph's own: those in place of weights of their
 * name, the others behind.
 */
export async function readWeights(
  { layers: model, name: subject }: SegmentationModel,
  own: readonly GraphWeight[],
): Promise<{ specs: tf.io.WeightsManifestEntry[]; bytes: Uint8Array }> {
  const specs: tf.io.WeightsManifestEntry[] = [];
  const others = new Map(own.map((weight) => [weight.name, weight]));
  const lengths = [
    ...model.weights.filter(({ originalName }) => !others.has(originalName))
      .map(({ shape }) => sizeFromShape(shape as number[])),
    ...own.map(({ values }) => values.length),
  ];
  const bytes = new Uint8Array(4 * lengths.reduce((sum, length) => sum + length, 0));
  let offset = 0;
  const append = (name: string, shape: number[], values: tf.TypedArray): void => {
    bytes.set(new Uint8Array(values.buffer, values.byteOffset, values.byteLength), offset);
    offset += values.byteLength;
    specs.push({ name, shape, dtype: "float32" });
  };
  for (const weight of model.weights) {
    const name = weight.originalName;
    const values = await weight.read().data();
    assertFinite(values, { subject: `${subject} for saving`, weight: name });
    const { shape = weight.shape as number[], values: stored = values } = others.get(name) ?? {};
    others.delete(name);
    append(name, shape, stored);
  }
  for (const { name, shape, values } of others.values()) append(name, shape, values);
  return { specs, bytes };
}

/** Refuses the values of a weight named `layer/weight` where one is NaN or infinite. */
function assertFinite(
  values: ArrayLike<number>,
  { subject, weight }: { subject: string; weight: string },
): void {
  if (isAllFinite(values)) return;
  const layer = weight.slice(0, weight.lastIndexOf("/"));
  throw new NonFiniteNetworkError(subject, { layer, weight, largestInput: null });
}

/** Refuses stored weights that are not finite. */
export function checkStored({ weightSpecs, weightData }: Artifacts, dir: string): void {
  let offset = 0;
  for (const { name: weight, shape } of weightSpecs) {
    const values = new Float32Array(weightData, offset, sizeFromShape(shape));
    assertFinite(values, { subject: dir, weight });
    offset += values.byteLength;
  }
}

/** Gives each weight the stored values of its name. */
export function storedWeights(artifacts: Artifacts, dir: string): WeightSource {
  const stored = new Map<string, { shape: number[]; offset: number }>();
  let offset = 0;
  for (const { name, shape } of artifacts.weightSpecs) {
    stored.set(name, { shape, offset });
    offset += 4 * sizeFromShape(shape);
  }
  return ({ name, shape }) => {
    const found = stored.get(name);
    const dilation = found ? dilationOf(found.shape, shape) : null;
    if (found && dilation !== null) {
      const values = new Float32Array(
        artifacts.weightData,
        found.offset,
        sizeFromShape(found.shape),
      );
      return tf.tensor(takeTaps(values, { shape, dilation }), shape);
    }
    if (!found || String(found.shape) !== String(shape)) {
      const what = found ? `[${found.shape}]` : "missing";
      throw new Error(
        `Cannot load ${dir}: weight ${name} is ${what} where the network needs [${shape}]; ` +
          "model.json was changed or belongs to another version",
      );
    }
    const values = new Float32Array(artifacts.weightData, found.offset, sizeFromShape(shape));
    return tf.tensor(values.slice(), shape);
  };
}
