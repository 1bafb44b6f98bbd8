import { type Config, loadConfig } from "../../lib/config/mod.ts";

/** An FCN-8s from a random start, without dropout. */
const FCN = ["model.name=fcn8s-vgg16", "model.skipScales=[1,1]", "model.dropout=0"];

/**
 * A small configuration: the embedded pictures, an FCN-8s of few channels (or the network that is
 * named), one thread of WASM.
 *
 * @param overrides More of it, as `--set` takes them: `train.epochs=1`.
 */
export function config(...overrides: readonly string[]): Promise<Config> {
  const network = overrides.some((text) => text.startsWith("model.name=")) ? [] : FCN;
  const small = ["backend=wasm", "threads=1", "model.width=0.03", "data.crop=[32,32]"];
  return loadConfig({ preset: "fixtures", overrides: [...network, ...small, ...overrides] });
}
