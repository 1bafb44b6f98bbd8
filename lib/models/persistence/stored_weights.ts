import * as tf from "@tensorflow/tfjs";
import type { WeightSource } from "../builders/weight_source.ts";
import type { Artifacts } from "../../weights/formats/folder_handler.ts";

/** Gives each weight the stored values of its name. */
export function storedWeights(artifacts: Artifacts, dir: string): WeightSource {
  const stored = new Map<string, { shape: number[]; offset: number }>();
  let offset = 0;
  for (const { name, shape } of artifacts.weightSpecs) {
    stored.set(name, { shape, offset });
    offset += 4 * sizeOf(shape);
  }
  return ({ name, shape }) => {
    const found = stored.get(name);
    if (!found || String(found.shape) !== String(shape)) {
      const what = found ? `[${found.shape}]` : "missing";
      throw new Error(
        `Cannot load ${dir}: weight ${name} is ${what} where the network needs [${shape}]; ` +
          "model.json was changed or belongs to another version",
      );
    }
    const values = new Float32Array(artifacts.weightData, found.offset, sizeOf(shape));
    return tf.tensor(values.slice(), shape);
  };
}

function sizeOf(shape: number[]): number {
  return shape.reduce((product, length) => product * length, 1);
}
