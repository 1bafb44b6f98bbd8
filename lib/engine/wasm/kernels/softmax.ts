import type * as tf from "@tensorflow/tfjs";
import type { SoftmaxCrossEntropyAttrs } from "../../ops/kernels.ts";
import type { Engine } from "../engine.ts";
import { JOB } from "../jobs.ts";
import type { KernelCall } from "../tfjs_members.ts";

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
  engine.withScratch(Math.max(8, chunks * 8), (partials) => {
    engine.write([
      engine.at(logits!),
      engine.at(labels!),
      engine.at(gradient),
      partials,
      rows,
      classes,
      ROWS_PER_CHUNK,
      { float: 1 / temperature },
      { float: scale / temperature },
    ]);
    engine.run(JOB.softmax, chunks, rows * classes * 20);
    engine.write([partials, engine.at(loss), chunks, { float: scale }]);
    engine.run(JOB.sum, 1, 0);
  });
  return [loss, gradient];
}
