/** Names of PyTorch without the wrappers that training scripts put before them. */
export function torchAliases(name: string): string[] {
  return [name.replace(/^((module|model|backbone|encoder|net|network|base_model)\.)+/, "")];
}

/**
 * Names of Keras as `layer/part`. A file's path may be `conv1/conv1/kernel:0`, `conv1/conv1_W_1:0`
 * (Keras 1 and early 2), `layers/conv1/vars/0` (Keras 3) or `conv1/kernel` (tfjs), below any
 * number of nested models: each folder of the path may be the layer.
 */
export function kerasAliases(name: string): string[] {
  const folders = name.split("/");
  const leaf = folders.pop()!.replace(/:0$/, "");
  const isKeras3 = folders.at(-1) === "vars";
  if (isKeras3) folders.pop();
  return folders.reverse().flatMap((layer) => {
    const part = isKeras3 ? keras3Part(layer, leaf) : partOf(layer, leaf);
    return part === undefined ? [] : [`${layer}/${part}`];
  });
}

function partOf(layer: string, leaf: string): string | undefined {
  const plain = leaf.startsWith(`${layer}_`) ? leaf.slice(layer.length + 1) : leaf;
  return PARTS[plain.replace(/_\d+$/, "")];
}

/** Keras 3 numbers a layer's weights in the order in which it makes them. */
function keras3Part(layer: string, index: string): string | undefined {
  const isNorm = /bn/.test(layer);
  const parts = isNorm ? ["gamma", "beta", "moving_mean", "moving_variance"] : ["kernel", "bias"];
  return parts[Number(index)];
}

const PARTS: Readonly<Record<string, string | undefined>> = {
  kernel: "kernel",
  W: "kernel",
  bias: "bias",
  b: "bias",
  gamma: "gamma",
  beta: "beta",
  moving_mean: "moving_mean",
  running_mean: "moving_mean",
  moving_variance: "moving_variance",
  // Keras 1 named the running variance so, by mistake
  running_std: "moving_variance",
};
