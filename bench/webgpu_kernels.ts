/** Single kernels on WebGPU, the engine's and stock TensorFlow.js's interleaved. */
import * as tf from "@tensorflow/tfjs";
import { type Direction, DIRECTIONS } from "./directions.ts";
import { type Row, timedRow } from "./row.ts";
import { type BackendKind, type BenchBackend, openBackend } from "./webgpu_backends.ts";

type Shape4 = [number, number, number, number];

/** A kernel call to be timed. */
interface Subject {
  name: string;
  /** Multiplications and additions. */
  flops: number;
  /** Makes its inputs on the current backend. */
  make(): { run(): tf.Tensor; dispose(): void };
}

/** Convolutions of the networks at the thesis' size: input, filter, stride; padding "same". */
const SHAPES: [x: Shape4, filter: Shape4, stride: number][] = [
  [[16, 416, 416, 3], [3, 3, 3, 64], 1],
  [[16, 208, 208, 128], [3, 3, 128, 128], 1],
  [[16, 52, 52, 512], [3, 3, 512, 512], 1],
  [[16, 26, 26, 1024], [1, 1, 1024, 256], 1],
  [[16, 208, 208, 64], [4, 4, 64, 128], 2],
];
/** The first convolution of VGG on one image that a software adapter can take. */
const FIRST: typeof SHAPES[number] = [[1, 128, 128, 3], [3, 3, 3, 64], 1];
const MATMUL = 4096;
/** Long enough that the wait for the adapter, 10 ms in Deno, does not count. */
const LEAST_MS = 200;
/** Numbers that are really drawn: a processor takes minutes for those of a whole batch. */
const FEW = 2 ** 16;

/** The row `conv-dw/stock-128`: the filter gradient that makes stock training slow. */
export async function filterGradientRow(gpu: GPU): Promise<Row[]> {
  const subject = convolution("dw", FIRST);
  return await timeAll(gpu, [{ ...subject, name: "conv-dw/stock-128x128x3x64" }]);
}

/** Rows that say something on a real adapter only: a matrix product, five shapes × three ways. */
export async function kernelRows(gpu: GPU): Promise<Row[]> {
  const subjects = [matmul()];
  for (const direction of Object.keys(DIRECTIONS) as Direction[]) {
    for (const shape of SHAPES) subjects.push(convolution(direction, shape));
  }
  return await timeAll(gpu, subjects);
}

function matmul(): Subject {
  return {
    name: `matmul/stock-${MATMUL}`,
    flops: 2 * MATMUL ** 3,
    make() {
      const [a, b] = [1, 2].map((seed) => uniform([MATMUL, MATMUL], seed)) as [tf.Tensor2D, never];
      return { run: () => tf.matMul(a, b), dispose: () => tf.dispose([a, b]) };
    },
  };
}

function convolution(
  direction: Direction,
  [xShape, filterShape, stride]: typeof SHAPES[number],
): Subject {
  const [b, h, w] = xShape;
  const dyShape = [b, Math.ceil(h / stride), Math.ceil(w / stride), filterShape[3]];
  const size = filterShape.reduce((product, d) => product * d, 1);
  return {
    name: `conv-${direction}/stock-${filterShape.join("x")}`,
    flops: 2 * dyShape[0]! * dyShape[1]! * dyShape[2]! * size,
    make() {
      const tensors: Record<string, tf.Tensor> = {
        x: uniform(xShape, 1),
        filter: uniform(filterShape, 2),
        dy: uniform(dyShape, 3),
      };
      const names = { forward: ["x", "filter"], dx: ["dy", "filter"], dw: ["x", "dy"] }[direction];
      const inputs = Object.fromEntries(names.map((name) => [name, tensors[name]!]));
      const attrs = { pad: "same", dataFormat: "NHWC", strides: stride, dilations: 1 };
      const shapes = { inputShape: xShape, filterShape };
      const run = () =>
        tf.engine().runKernel(DIRECTIONS[direction], inputs, { ...attrs, ...shapes }) as tf.Tensor;
      return { run, dispose: () => tf.dispose(tensors) };
    },
  };
}

/** Times all subjects on one backend, then on the other, `rounds` times. */
async function timeAll(gpu: GPU, subjects: Subject[], rounds = 3): Promise<Row[]> {
  const times = subjects.map(() => ({ own: [] as number[], stock: [] as number[] }));
  for (let round = 0; round < rounds; round++) {
    for (const name of ["stock", "own"] satisfies BackendKind[]) {
      const backend = await openBackend(name, gpu);
      for (const [i, subject] of subjects.entries()) {
        times[i]![name].push(await time(subject, backend));
      }
      backend.close();
    }
  }
  return subjects.map(({ name, flops }, i) => {
    const { own, stock } = times[i]!;
    return timedRow(name, { value: own, baseline: stock, flops });
  });
}

/** Milliseconds of one call: as many as take long, after one that does not count. */
async function time(subject: Subject, backend: BenchBackend): Promise<number> {
  const { run, dispose } = subject.make();
  run().dispose();
  await backend.finish();
  for (let calls = 1;; calls *= 4) {
    const start = performance.now();
    for (let i = 0; i < calls; i++) run().dispose();
    await backend.finish();
    const ms = performance.now() - start;
    if (ms < LEAST_MS && calls < 1000) continue;
    dispose();
    return ms / calls;
  }
}

/** Random numbers, of which there are few: they repeat. */
function uniform(shape: number[], seed: number): tf.Tensor {
  const size = shape.reduce((product, d) => product * d, 1);
  return tf.tidy(() => {
    const few = tf.randomUniform([Math.min(size, FEW)], -1, 1, "float32", seed);
    const many = tf.tile(few, [Math.ceil(size / FEW)]);
    return tf.reshape(many.size === size ? many : tf.slice(many, 0, size), shape);
  });
}
