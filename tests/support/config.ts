import { type Config, loadConfig } from "../../lib/config/mod.ts";

/**
 * A small configuration: the embedded pictures, a network of few channels, one thread of WASM.
 *
 * @param overrides More of it, as `--set` takes them: `train.epochs=1`.
 */
export function config(...overrides: readonly string[]): Promise<Config> {
  const small = ["backend=wasm", "threads=1", "model.width=0.03", "data.crop=[32,32]"];
  return loadConfig({ preset: "fixtures", overrides: [...small, ...overrides] });
}
