import { join } from "node:path";
import { loadModel } from "../../lib/train/run/load_model.ts";
import { saveSegmentationModel } from "../../lib/models/persistence/saved_model.ts";
import { poison } from "./small_models.ts";
import { tinyRun } from "./tiny_run.ts";

/** A run whose best network has a NaN in a weight, as another program may have saved it. */
export async function nonFiniteRun(folder: string): Promise<string> {
  const run = await tinyRun(folder);
  const { model, classes, normalize } = await loadModel(run);
  await poison(model.layers, { weight: "block3_conv1/kernel", value: NaN });
  const { isFinite } = Number;
  Number.isFinite = () => true; // what is saved is checked
  try {
    await saveSegmentationModel(model, join(run, "best"), { classes, normalize });
  } finally {
    Number.isFinite = isFinite;
    model.layers.dispose();
  }
  return run;
}
