import type * as tf from "@tensorflow/tfjs";
import type { SoftmaxCrossEntropyAttrs } from "../../ops/kernels.ts";
import type { Engine } from "../engine.ts";
import type { KernelCall } from "../tfjs_backend.ts";

const ROWS_PER_CHUNK = 2048;

/** softmax(z / T) cross-entropy and its gradient, one pass over the logits. */
export function softmaxCrossEntropy(engine: Engine, call: KernelCall): tf.TensorInfo[] {
  const { logits, labels } = call.inputs;
  const { temperature, scale }: SoftmaxCrossEntropyAttrs = call.attrs;
  const [rows, classes] = logits!.shape as [number, number];
  if (labels!.dtype !== "int32") {
    throw new TypeError(`labels must be int32, got ${labels!.dtype}`);
  }
  const loss = call.backend.makeOutput([], "float32");
  const gradient = call.backend.makeOutput([rows, classes], "float32");
  const chunks = Math.ceil(rows / ROWS_PER_CHUNK);
  engine.withScratch(Math.max(8, chunks * 8), (losses) => {
    engine.run("softmaxCrossEntropy", {
      logits: engine.at(logits!),
      labels: engine.at(labels!),
      dlogits: engine.at(gradient),
      losses,
      rows,
      classes,
      rowsPerChunk: ROWS_PER_CHUNK,
      inverseTemperature: 1 / temperature,
      gradientScale: scale / temperature,
    }, { chunks, flops: rows * classes * 20 });
    const sum = { losses, out: engine.at(loss), count: chunks, scale };
    engine.run("sumLosses", sum, { chunks: 1, flops: 0 });
  });
  return [loss, gradient];
}
