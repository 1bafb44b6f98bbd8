/** The numbers of tasks/make_goldens.py that need no storing: hashes of names and indices. */
import * as tf from "@tensorflow/tfjs";

/** `size` numbers in [−1, 1), multiples of 2⁻¹⁵. */
export function uniform(name: string, size: number): Float32Array {
  let key = 0x811c9dc5;
  for (const byte of new TextEncoder().encode(name)) key = Math.imul(key ^ byte, 0x01000193);
  const values = new Float32Array(size);
  for (let i = 0; i < size; i++) {
    let x = key + Math.imul(i, 0x9e3779b9);
    x ^= x >>> 16;
    x = Math.imul(x, 0x7feb352d);
    x ^= x >>> 15;
    x = Math.imul(x, 0x846ca68b);
    x ^= x >>> 16;
    values[i] = ((x >>> 16) - 32768) / 32768;
  }
  return values;
}

/** The first value of a weight, by its name. */
export function initial(name: string, shape: number[]): Float32Array {
  const size = shape.reduce((product, length) => product * length, 1);
  const u = uniform(name, size);
  const part = name.slice(name.lastIndexOf("/") + 1);
  if (part === "kernel") {
    const fanIn = fanInOf(name, shape);
    const scale = 2 ** Math.floor(Math.log2(Math.sqrt(6 / fanIn)) + 0.6);
    return u.map((x) => x * scale / (name.startsWith("score") ? 8 : 1));
  }
  if (part === "gamma" || part === "moving_variance") {
    const scale = name.endsWith("_3_bn/gamma") ? 1 / 8 : 1;
    return u.map((x) => (1 + x / 4) * scale);
  }
  return u.map((x) => x / 8);
}

/** Values that one output sums: those of a transposed kernel `[k, k, out, in]` lie apart. */
function fanInOf(name: string, shape: number[]): number {
  if (name.startsWith("upscore")) return 4 * shape[3]!;
  if (name.includes("_up/")) return shape[3]!;
  return shape.slice(0, -1).reduce((product, length) => product * length, 1);
}

/** Images `[b, h, w, 3]` in [−2, 2) and labels `[b, h, w]` in blocks of 4, some of them 255. */
export function batchOf(
  name: string,
  shape: { batch: number; height: number; width: number; classes: number },
): { images: Float32Array; labels: Int32Array } {
  const { batch, height, width, classes } = shape;
  const images = uniform(`${name}/images`, batch * height * width * 3).map((x) => 2 * x);
  const [rows, columns] = [height / 4, width / 4];
  const blocks = uniform(`${name}/labels`, batch * rows * columns);
  const labels = new Int32Array(batch * height * width);
  for (let i = 0; i < labels.length; i++) {
    const [x, y, b] = [i % width, Math.floor(i / width) % height, Math.floor(i / width / height)];
    const block = blocks[(b * rows + (y >> 2)) * columns + (x >> 2)]!;
    const index = Math.floor((block + 1) / 2 * (classes + 0.5));
    labels[i] = index === classes ? 255 : index;
  }
  return { images, labels };
}

/** Four (or more) indices into `size` values. */
export function places(name: string, options: { count: number; size: number }): number[] {
  return Array.from(
    uniform(`${name}/places`, options.count),
    (x) => Math.floor((x + 1) / 2 * options.size),
  );
}

/** Float32 numbers from base64. */
export function decode(text: string): Float32Array {
  return new Float32Array(Uint8Array.from(atob(text), (c) => c.charCodeAt(0)).buffer);
}

/** Sets all weights of a model to their first values. */
export function setInitial(model: tf.LayersModel): void {
  for (const weight of model.weights) {
    const shape = weight.shape as number[];
    const values = tf.tensor(initial(weight.originalName, shape), shape);
    weight.write(values);
    values.dispose();
  }
}
