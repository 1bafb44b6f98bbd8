/**
 * Networks that are not finite: no map, score or file is made from them.
 *
 * @module
 */
import * as tf from "@tensorflow/tfjs";

/** The first layer of a network that is not finite. */
export interface NetworkFault {
  layer: string;
  /** Its first weight with a NaN or infinity; `null`: finite weights give outputs that are not. */
  weight: string | null;
  /** Largest magnitude in the layer's input; `null` where no image was run through. */
  largestInput: number | null;
}

/** Weights or logits of a network are NaN or infinite. */
export class NonFiniteNetworkError extends Error {
  override readonly name = "NonFiniteNetworkError";
  /** `null` where it could not be found. */
  readonly fault: NetworkFault | null;

  /** @param subject What cannot be used, such as `runs/a/best` or `fcn8s-vgg16`. */
  constructor(subject: string, fault: NetworkFault | null) {
    super(`Cannot use ${subject}: ${describeFault(fault)}; ${NON_FINITE_REMEDY}`);
    this.fault = fault;
  }
}

/** What to try against values that are not finite. */
export const NON_FINITE_REMEDY: string =
  "train from before that with a lower optimizer.lr, a longer schedule.warmupEpochs, or " +
  "optimizer.clipNorm set";

/** A fault in words. */
export function describeFault(fault: NetworkFault | null): string {
  if (fault === null) return "its outputs are NaN or infinite";
  const { layer, weight, largestInput } = fault;
  const what = weight === null
    ? `layer ${layer} is the first whose output is NaN or infinite`
    : `layer ${layer} is the first that is not finite, in its weight ${weight}`;
  if (largestInput === null) return what;
  return `${what}, at inputs of at most ${String(Number(largestInput.toPrecision(3)))}`;
}

/**
 * A scalar that is finite exactly if all values of a tensor are: their sum, scaled so that finite
 * ones cannot overflow. Owned by the caller; to be read together with what is made of the tensor.
 */
export function finitenessOf(values: tf.Tensor): tf.Scalar {
  return tf.tidy(() => tf.sum(tf.mul(values, 2 ** -60)) as tf.Scalar);
}

/** Whether no value is NaN or infinite. */
export function isAllFinite(values: ArrayLike<number>): boolean {
  for (let i = 0; i < values.length; i++) if (!Number.isFinite(values[i]!)) return false;
  return true;
}

/**
 * Refuses a network with a weight that is NaN or infinite. ReLU can hide such a weight, so that the
 * logits do not show it. Reads one number a weight.
 *
 * @param options What the error calls the network, and what makes an image `[1, h, w, 3]`, freed here,
 * to run through a network at fault, to find out how large its activations are.
 * @throws {NonFiniteNetworkError} Naming the first layer at fault.
 */
export async function assertFiniteWeights(
  layers: tf.LayersModel,
  options: { subject: string; image?: () => Promise<tf.Tensor4D> },
): Promise<void> {
  if (layers.weights.length === 0) return;
  // Plain sums, as a scaled copy of the largest weight may not fit; one that overflows is looked at
  const sums = tf.tidy(() => tf.stack(layers.weights.map((weight) => tf.sum(weight.read()))));
  const values = await sums.data().finally(() => sums.dispose());
  for (let i = 0; i < values.length; i++) {
    if (Number.isFinite(values[i]!)) continue;
    if (isAllFinite(await layers.weights[i]!.read().data())) continue;
    const image = await options.image?.() ?? null;
    const fault = await findFault(layers, image).finally(() => image?.dispose());
    throw new NonFiniteNetworkError(options.subject, fault);
  }
}

/**
 * Runs an image through a network layer by layer, to the first one whose weights or outputs are not
 * finite; without an image only weights are looked at.
 *
 * @returns `null` where there is none, or where the network cannot be run by layers.
 */
export async function findFault(
  model: tf.LayersModel,
  image: tf.Tensor4D | null,
): Promise<NetworkFault | null> {
  const values = new Map<number, tf.Tensor>();
  if (image !== null) values.set(model.inputs[0]!.id, image.clone());
  try {
    for (const [i, layer] of model.layers.entries()) {
      const fault = await faultOf(layer, values);
      if (fault !== null) return fault;
      freeUnused(values, model.layers.slice(i + 1));
    }
    return null;
  } finally {
    tf.dispose([...values.values()]);
  }
}

/** Checks a layer, and adds its output to `values` where its inputs are there. */
async function faultOf(
  layer: tf.layers.Layer,
  values: Map<number, tf.Tensor>,
): Promise<NetworkFault | null> {
  const node = layer.inboundNodes.find(({ inboundLayers }) => inboundLayers.length > 0);
  const inputs = (node?.inputTensors ?? []).map(({ id }) => values.get(id) ?? null);
  const known = inputs.filter((input) => input !== null);
  const canRun = known.length > 0 && known.length === inputs.length;
  const largest = async (): Promise<number | null> => canRun ? await largestOf(known) : null;
  for (const weight of layer.weights) {
    if (isAllFinite(await weight.read().data())) continue;
    return { layer: layer.name, weight: weight.originalName, largestInput: await largest() };
  }
  if (!canRun) return null;
  const output = tf.tidy(() =>
    layer.apply(known.length === 1 ? known[0]! : known, { training: false }) as tf.Tensor
  );
  values.set(node!.outputTensors[0]!.id, output);
  const finite = finitenessOf(output);
  const [sum] = await finite.data().finally(() => finite.dispose());
  if (Number.isFinite(sum)) return null;
  return { layer: layer.name, weight: null, largestInput: await largest() };
}

/** Largest magnitude of several tensors. */
async function largestOf(tensors: tf.Tensor[]): Promise<number> {
  const largest = tf.tidy(() => tf.stack(tensors.map((one) => tf.max(tf.abs(one)))));
  return Math.max(...await largest.data().finally(() => largest.dispose()));
}

/** Frees outputs that none of the layers to come takes. */
function freeUnused(values: Map<number, tf.Tensor>, coming: tf.layers.Layer[]): void {
  const needed = new Set(
    coming.flatMap(({ inboundNodes: [node] }) => node?.inputTensors.map(({ id }) => id) ?? []),
  );
  for (const [id, value] of values) {
    if (needed.has(id)) continue;
    value.dispose();
    values.delete(id);
  }
}
