import type { Callback, TrainContext } from "./callback.ts";

/** Warns of damaged samples, each once, and of batches without a valid pixel. */
export function sampleWarnings({ state, warn }: TrainContext): Callback {
  return {
    async onStep({ batch }) {
      for (const { id, message } of batch.skipped) {
        if (state.skipped.has(id)) continue;
        state.skipped.add(id);
        await warn(`left out sample "${id}": ${message}`);
      }
      if (batch.valid === 0) await warn(`no valid pixel in ${batch.ids.join(", ")}`);
    },
  };
}
