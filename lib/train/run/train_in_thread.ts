/**
 * Training beside the caller's thread. WebGPU in Deno stops the thread that waits for it, for as
 * long as the adapter works; timers, signals and servers of the caller go on only elsewhere.
 *
 * @module
 */
import { SHARE_ENV, Worker } from "node:worker_threads";
import type { Config } from "../../config/config.ts";
import { requestAdapter } from "../../engine/webgpu/adapter.ts";
import { type ThreadAnswer, type TrainJob, unpackError } from "./thread_messages.ts";
import type { TrainOptions } from "./train.ts";
import type { TrainResult } from "../events.ts";

/**
 * Whether a run on this backend would stop the event loop of its thread for longer than a kernel
 * takes: so far those on WebGPU.
 *
 * @example
 * ```ts
 * import { wantsThread } from "@segadv/segadv/train";
 * import assert from "node:assert/strict";
 *
 * assert.equal(await wantsThread({ backend: "wasm" }), false);
 * ```
 */
export async function wantsThread({ backend }: Pick<Config, "backend">): Promise<boolean> {
  if (backend !== "webgpu" && backend !== "auto") return false;
  try {
    await requestAdapter({ allowSoftware: backend === "webgpu" });
    return true;
  } catch {
    return false; // `train` says what is missing
  }
}

/**
 * As `train` or `resumeTraining`, in a thread of its own: bit-identical, with the same events
 * and errors.
 *
 * @returns What the run reached; the weights are in its folder alone.
 * @throws {Error} If the thread ends before the run does; otherwise as `train`.
 *
 * @example
 * ```ts
 * import { loadConfig } from "@segadv/segadv";
 * import { trainInThread } from "@segadv/segadv/train";
 * import assert from "node:assert/strict";
 *
 * const overrides = ["backend=wasm", "train.maxSteps=1", "data.batch=1", "model.width=0.05"];
 * const config = await loadConfig({ preset: "fixtures", overrides });
 * const result = await trainInThread({ config });
 * assert.equal(result.steps, 1);
 * ```
 */
export async function trainInThread(
  job: TrainJob,
  options: Pick<TrainOptions, "signal" | "onEvent"> = {},
): Promise<TrainResult> {
  const { signal, onEvent } = options;
  // As text and import(): Deno's node:worker_threads takes no module behind http by itself.
  const module = new URL("./train_thread.ts", import.meta.url);
  const program = `import(${JSON.stringify(module.href)})`;
  const worker = new Worker(program, { eval: true, workerData: job, env: SHARE_ENV });
  const abort = (): void => worker.postMessage("abort");
  signal?.addEventListener("abort", abort);
  try {
    return await new Promise<TrainResult>((resolve, reject) => {
      worker.on("message", (answer: ThreadAnswer) => {
        if (answer.kind === "done") resolve(answer.result);
        else if (answer.kind === "failed") reject(unpackError(answer.error));
        else if (answer.kind === "ready" && signal?.aborted) abort();
        else if (answer.kind === "event") {
          try {
            onEvent?.(answer.event);
          } catch (error) {
            reject(error);
          }
        }
      });
      worker.on("error", reject);
      worker.on("exit", () => reject(new Error("The thread that trained has ended by itself")));
    });
  } finally {
    signal?.removeEventListener("abort", abort);
    await worker.terminate();
  }
}
