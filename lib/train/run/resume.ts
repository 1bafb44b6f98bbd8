/**
 * Goes on with a run that was interrupted.
 *
 * @module
 */
import { join } from "node:path";
import { ResumeError } from "../errors.ts";
import type { Config } from "../../config/config.ts";
import { loadConfig } from "../../config/load.ts";
import type { Checkpoint } from "./checkpoint.ts";
import type { FoundCheckpoint } from "./checkpoint_folder.ts";
import type { ExtensionMode } from "../../optim/extensions.ts";
import { differences } from "./provenance.ts";
import { trainLoop } from "../train_loop.ts";
import { RunFolder } from "./run_folder.ts";
import { openSession, type Session } from "./session.ts";
import type { TrainOptions } from "./train.ts";
import type { TrainResult } from "../events.ts";

/** Options of {@linkcode resumeTraining}. */
export interface ResumeOptions extends Omit<TrainOptions, "out"> {
  /** Values laid over the run's configuration, as in `loadConfig`. */
  overrides?: Readonly<Record<string, unknown>> | readonly string[];
  /**
   * Go on even if configuration, data, backend or versions are others than before: a warning each.
   * @default false
   */
  allowDifferent?: boolean;
  /** Epochs to add to a run that has finished. */
  extend?: Extension | undefined;
}

/** More epochs for a finished run. */
export interface Extension {
  epochs: number;
  /**
   * The learning rate: `hold` the last one, `restart` the schedule, or `stretch` it over all epochs,
   * so that the rate jumps to what it would be there.
   * @default "hold"
   */
  schedule?: ExtensionMode | undefined;
}

/**
 * Goes on from the newest intact checkpoint of a run. With the same configuration and backend build
 * the final weights are, bit for bit, those of a run that was never interrupted. A run that had
 * ended is left as it is; raise `train.maxSteps` to let one go on that ended there, or `extend` one
 * that finished its epochs.
 *
 * @param path Folder of the run.
 * @returns As `train`; `resumedAt` equals `steps` where nothing was left to do.
 * @throws {ResumeError} If the folder holds no run, if no checkpoint is intact, or if the run would
 * become another run: the message lists what differs.
 * @throws {Error} If another process holds the folder.
 * @example
 * ```ts
 * import { loadConfig, resumeTraining, train } from "@segadv/segadv";
 * import { mkdtemp } from "node:fs/promises";
 * import { tmpdir } from "node:os";
 * import { join } from "node:path";
 * import assert from "node:assert/strict";
 *
 * const out = join(await mkdtemp(join(tmpdir(), "segadv-")), "run");
 * const overrides = ["backend=wasm", "train.maxSteps=1", "data.crop=[32,32]", "data.batch=1"];
 * await train(await loadConfig({ preset: "fixtures", overrides }), { out });
 * const result = await resumeTraining(out, { overrides: ["train.maxSteps=2"] });
 * assert.deepEqual([result.resumedAt, result.steps], [1, 2]);
 * ```
 */
export async function resumeTraining(
  path: string,
  options: ResumeOptions = {},
): Promise<TrainResult> {
  const { overrides = [], ...rest } = options;
  const folder = await RunFolder.reopen(path);
  try {
    const file = join(path, "config.yaml");
    const before = await loadConfig({ path: file });
    const added = rest.extend === undefined
      ? {}
      : await extension(folder, { before, extend: rest.extend });
    const config = await loadConfig({ path: file, overrides: merged(overrides, added) });
    const ended = await endedResult(folder, { config, before });
    if (ended !== null) return ended;
    const found = await folder.checkpoints.newest();
    const initialize = found.checkpoint === null;
    const classCounts = await folder.readClassCounts();
    const options = { ...rest, initialize, classCounts };
    const names = found.checkpoint?.provenance.data.classes;
    const classes = names && { classes: { subject: `the run ${path}`, names } };
    const session = await openSession(config, { ...options, ...classes }).catch(async (error) => {
      await found.checkpoint?.close();
      throw error;
    });
    try {
      const counts = session.classCounts;
      if (counts !== null && counts !== classCounts) await folder.writeClassCounts(counts);
      return await continueRun(session, folder, { ...rest, found });
    } finally {
      session.dispose();
    }
  } finally {
    await folder.close();
  }
}

async function continueRun(
  session: Session,
  folder: RunFolder,
  options: Omit<ResumeOptions, "overrides"> & { found: FoundCheckpoint },
): Promise<TrainResult> {
  const { onEvent, signal, allowDifferent } = options;
  const { checkpoint, damaged } = options.found;
  if (checkpoint === null) {
    if (damaged.length > 0) {
      throw new ResumeError(
        `Cannot resume ${folder.path}: no checkpoint is intact (${damaged[0]})`,
      );
    }
    await folder.events.cut(0);
    const warnings = ["there is no checkpoint yet: the run begins anew", ...session.warnings];
    return await trainLoop(session, { folder, onEvent, signal, warnings });
  }
  const found = differences(checkpoint.provenance, session);
  const changed = found.map(({ text }) => text);
  const newYardstick = found.some(({ affectsScores }) => affectsScores);
  if (changed.length > 0 && allowDifferent !== true) {
    await checkpoint.close();
    throw new ResumeError(differentRun(checkpoint, { path: folder.path, changed }));
  }
  const warnings = [
    ...damaged.map((reason) => `passed over a newer checkpoint: ${reason}`),
    ...(session.orderNotice === null ? [] : [session.orderNotice]),
    ...changed.map((change) => `the run goes on under another setting: ${change}`),
    ...(newYardstick
      ? ["the best score starts anew: what scores are measured by has changed"]
      : []),
  ];
  return await trainLoop(session, { folder, onEvent, signal, checkpoint, warnings, newYardstick });
}

function differentRun(
  { state }: Checkpoint,
  options: { path: string; changed: string[] },
): string {
  return `Cannot resume ${options.path} at step ${state.step} as the same run: ` +
    `${
      options.changed.join("; ")
    }; put it back, allow it (allowDifferent, --allow-different), or add ` +
    "epochs to a finished run by extend (--extend N)";
}

/** Values of the configuration of a run that is extended. */
async function extension(
  folder: RunFolder,
  { before, extend }: { before: Config; extend: Extension },
): Promise<Record<string, unknown>> {
  const event = await folder.events.last();
  const refuse = (why: string): never => {
    throw new ResumeError(`Cannot extend ${folder.path}: ${why}`);
  };
  const { train: { epochs }, schedule: { extensions } } = before;
  if (!Number.isInteger(extend.epochs) || extend.epochs < 1) {
    refuse(`expected a whole number of epochs of at least 1, got ${extend.epochs}`);
  }
  if (event?.type !== "end" || event.reason === "aborted" || event.reason === "non-finite") {
    refuse(`it has not finished its ${epochs} epochs; resume it as it is, and extend it then`);
  } else if (event.reason === "max-steps") {
    refuse(`it ended at train.maxSteps, step ${event.step}; raise that (--max-steps) instead`);
  } else if (event.reason === "early-stop") {
    refuse("it stopped early; raise validation.patience (--set) instead");
  }
  const { epochs: by, schedule: how = "hold" } = extend;
  return {
    "train.epochs": epochs + by,
    "schedule.extensions": [...extensions, { from: epochs, by, how }],
  };
}

/** Overrides with more values over them. */
function merged(
  overrides: NonNullable<ResumeOptions["overrides"]>,
  added: Record<string, unknown>,
): NonNullable<ResumeOptions["overrides"]> {
  if (!Array.isArray(overrides)) return { ...overrides, ...added };
  return [
    ...overrides,
    ...Object.entries(added).map(([key, value]) => `${key}=${JSON.stringify(value)}`),
  ];
}

/** The result of a run that has nothing left to do under `config`. */
async function endedResult(
  folder: RunFolder,
  options: { config: Config; before: Config },
): Promise<TrainResult | null> {
  const { config, before } = options;
  const event = await folder.events.last();
  if (event?.type !== "end") return null;
  const { reason, step, seconds, weightsSha256 } = event;
  const { epochs, maxSteps } = config.train;
  const over: Partial<Record<typeof reason, boolean>> = {
    "finished": epochs <= before.train.epochs,
    "max-steps": maxSteps !== null && maxSteps <= step,
    "early-stop": config.validation.patience === before.validation.patience,
  };
  const isOver = over[reason] === true;
  if (!isOver) return null;
  const { best, last } = await folder.readMetrics();
  const { checkpoint } = await folder.checkpoints.newest();
  const backend = checkpoint?.provenance.backend.name ?? before.backend;
  await checkpoint?.close();
  return {
    run: folder.path,
    backend,
    steps: step,
    seconds,
    best,
    last,
    weightsSha256,
    resumedAt: step,
    reason,
  };
}
