import * as tf from "@tensorflow/tfjs";
import "@tensorflow/tfjs-backend-wasm";
import { disposeWasmBackend, registerWasmBackend } from "../lib/engine/wasm/mod.ts";
import { type Direction, DIRECTIONS } from "./directions.ts";
import { time, timeInterleaved } from "./interleaved.ts";
import { geometricMean, type Row, timedRow } from "./row.ts";

type Shape4 = [number, number, number, number];

/** Convolutions of the networks at full width: input, filter, stride; padding "same". */
const SHAPES: [x: Shape4, filter: Shape4, stride: number][] = [
  [[2, 64, 64, 64], [3, 3, 64, 64], 1],
  [[2, 26, 26, 256], [3, 3, 256, 256], 1],
  [[2, 26, 26, 1024], [1, 1, 1024, 256], 1],
  [[2, 32, 32, 128], [4, 4, 128, 256], 2],
  [[2, 13, 13, 512], [3, 3, 512, 512], 1],
];

/** One shape's tensors on the current backend. */
interface Case {
  x: tf.Tensor4D;
  filter: tf.Tensor4D;
  dy: tf.Tensor4D;
  stride: number;
  flops: number;
}

function makeCase([x, filter, stride]: typeof SHAPES[number]): Case {
  const tensors = [x, filter].map((shape, seed) =>
    tf.randomUniform<tf.Rank.R4>(shape as Shape4, -1, 1, "float32", seed + 1)
  ) as [tf.Tensor4D, tf.Tensor4D];
  const dy = tf.conv2d(...tensors, stride, "same");
  const flops = 2 * dy.size * filter[0] * filter[1] * filter[2];
  return { x: tensors[0], filter: tensors[1], dy, stride, flops };
}

function run(part: Direction, c: Case): tf.Tensor {
  const attrs = {
    strides: c.stride,
    pad: "same",
    dilations: 1,
    dataFormat: "NHWC",
    inputShape: c.x.shape,
    filterShape: c.filter.shape,
  };
  const inputs: Record<Direction, tf.NamedTensorMap> = {
    forward: { x: c.x, filter: c.filter },
    dx: { dy: c.dy, filter: c.filter },
    dw: { x: c.x, dy: c.dy },
  };
  return tf.engine().runKernel(DIRECTIONS[part], inputs[part], attrs) as tf.Tensor;
}

function timeParts(parts: Direction[], c: Case): number {
  return time(() => parts.forEach((part) => run(part, c).dispose()));
}

/** Milliseconds before a time counts: V8 compiles a kernel again, on the other core, once it is hot. */
const WARM_UP = 200;

/** Runs `body` for each shape on a backend that `start` makes current, and ends it. */
async function onBackend(
  start: () => Promise<unknown>,
  body: (c: Case) => number,
): Promise<number[]> {
  await start();
  await tf.setBackend("wasm");
  const times = SHAPES.map((shape) => {
    const c = makeCase(shape);
    const warm = performance.now() + WARM_UP;
    do body(c); while (performance.now() < warm);
    const ms = Math.min(body(c), body(c), body(c));
    tf.dispose([c.x, c.filter, c.dy]);
    return ms;
  });
  await disposeWasmBackend();
  return times;
}

function flopsOf([x, filter, stride]: typeof SHAPES[number]): number {
  const pixels = x[0] * Math.ceil(x[1] / stride) * Math.ceil(x[2] / stride);
  return 2 * pixels * filter.reduce((a, b) => a * b, 1);
}

/** Alternates two ways to run all shapes and gives the geometric mean over the shapes. */
async function alternate(
  name: string,
  ways: { value: () => Promise<number[]>; baseline: () => Promise<number[]>; passes: number },
): Promise<Row> {
  const rounds: { value: number[]; baseline: number[] }[] = [];
  for (let round = 0; round < 5; round++) {
    rounds.push({ baseline: await ways.baseline(), value: await ways.value() });
  }
  const rows = SHAPES.map((shape, i) =>
    timedRow(name, {
      value: rounds.map((round) => round.value[i]!),
      baseline: rounds.map((round) => round.baseline[i]!),
      flops: flopsOf(shape) * ways.passes,
    })
  );
  return geometricMean(name, rows);
}

/** The rows `conv-forward/stock`, `conv-dx/stock` (one thread) and `threads/2`. */
export async function convolutionRows(): Promise<Row[]> {
  const stock = (parts: Direction[]) => (): Promise<number[]> =>
    onBackend(disposeWasmBackend, (c) => timeParts(parts, c));
  const own = (parts: Direction[], threads: number) => (): Promise<number[]> =>
    onBackend(() => registerWasmBackend({ threads }), (c) => timeParts(parts, c));
  const all: Direction[] = ["forward", "dx", "dw"];
  return [
    await alternate("conv-forward/stock", {
      value: own(["forward"], 1),
      baseline: stock(["forward"]),
      passes: 1,
    }),
    await alternate("conv-dx/stock", { value: own(["dx"], 1), baseline: stock(["dx"]), passes: 1 }),
    await alternate("threads/2", { value: own(all, 2), baseline: own(all, 1), passes: 3 }),
  ];
}

/**
 * Heights and widths of the images of `conv-train/cpu`: five to ten million multiplications for each shape, as the
 * cpu backend takes a second for the filter gradient of that many, and a minute for the shape above.
 */
const CPU_SIZES = [12, 3, 5, 6, 2] as const;

/**
 * The row `conv-train/cpu`: forward and both gradients of one small image, all threads, against
 * plain JavaScript on the same image.
 */
export async function convolutionTrainingRow(): Promise<Row> {
  const rows: Row[] = [];
  for (const [i, [x, filter, stride]] of SHAPES.entries()) {
    const size = CPU_SIZES[i]!;
    const shape: typeof SHAPES[number] = [[1, size, size, x[3]], filter, stride];
    await registerWasmBackend();
    const cases: Record<string, Case> = {};
    for (const backend of ["cpu", "wasm"]) {
      await tf.setBackend(backend);
      cases[backend] = makeCase(shape);
    }
    const on = (backend: string) => async (): Promise<number> => {
      await tf.setBackend(backend);
      return timeParts(["forward", "dx", "dw"], cases[backend]!);
    };
    const flops = 3 * flopsOf(shape);
    rows.push(
      await timeInterleaved("shape", { value: on("wasm"), baseline: on("cpu") }, { flops }),
    );
    for (const { x, filter, dy } of Object.values(cases)) tf.dispose([x, filter, dy]);
    await disposeWasmBackend();
  }
  return geometricMean("conv-train/cpu", rows);
}
