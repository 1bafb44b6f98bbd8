/**
 * Trains a segmentation network: the whole pipeline behind one call.
 *
 * @module
 */
import * as tf from "@tensorflow/tfjs";
import type { Config } from "../config/config.ts";
import { type Batch as HostBatch, trainBatches } from "../data/train_batches.ts";
import { evaluate } from "../metrics/evaluate.ts";
import { type SegmentationModel, setDropoutStep } from "../models/segmentation_model.ts";
import type { BackendInfo } from "../runtime/backend.ts";
import { weightsSha256 } from "../weights/hash.ts";
import { checkDiskSpace } from "./_check_memory.ts";
import type { EndEvent, TrainEvent } from "./events.ts";
import { createMeter, type Meter, type Reading } from "./meter.ts";
import { isFiniteReading, NonFiniteError } from "./non_finite_error.ts";
import { parameterCount } from "./players.ts";
import { openRunFolder, type RunFolder } from "./run_folder.ts";
import { cosineWithWarmup } from "./schedule.ts";
import { openSession, type Session } from "./session.ts";
import { startEvent } from "./start_event.ts";
import { trainStep } from "./step.ts";
import type { RunScores, TrainResult } from "./train_result.ts";

/** Options of {@linkcode train}. */
export interface TrainOptions {
  /** Receives every event, in order. */
  onEvent?: (event: TrainEvent) => void;
  /** Ends the run after the step in progress; the result says `aborted`. */
  signal?: AbortSignal;
  /** Folder to write the run to; nothing is written without it. */
  out?: string;
  /**
   * A network of your own in G's place (see `fromLayersModel`); it stays yours. Needs `backend`,
   * on which it lives.
   */
  model?: SegmentationModel;
  /** A backend already in use, instead of `config.backend`. */
  backend?: BackendInfo;
}

/**
 * Trains as `config` says (thesis chapter 3 and §4.1): checks everything, then runs epochs of
 * Algorithm 1, validates, and keeps the best and the last network. The backend stays current.
 *
 * @returns What the run reached; the weights are in `options.out`, or in `options.model`.
 * @throws {ConfigError} If the configuration is wrong.
 * @throws {NonFiniteError} If a loss is NaN or infinite. What was written stays readable.
 * @throws {Error} If data, backend or output folder cannot be had.
 *
 * @example
 * ```ts
 * import { loadConfig, train } from "@segadv/segadv";
 * import assert from "node:assert/strict";
 *
 * const overrides = ["backend=cpu", "train.maxSteps=1", "data.crop=[32,32]", "data.batch=1"];
 * const config = await loadConfig({ preset: "fixtures", overrides });
 * const result = await train(config);
 * assert.equal(result.steps, 1);
 * ```
 */
export async function train(config: Config, options: TrainOptions = {}): Promise<TrainResult> {
  const session = await openSession(config, options);
  let folder: RunFolder | null = null;
  try {
    folder = options.out === undefined ? null : await openFolder(options.out, session);
    return await new Run(session, folder, options).execute();
  } finally {
    await folder?.close();
    session.dispose();
  }
}

async function openFolder(path: string, session: Session): Promise<RunFolder> {
  const { config, train, players } = session;
  await checkDiskSpace(path, parameterCount(players.generator.model.layers));
  const metadata = { classes: train.classes, normalize: config.data.normalize };
  return await openRunFolder(path, { config, metadata });
}

/** One run in progress. */
class Run {
  readonly #session: Session;
  readonly #folder: RunFolder | null;
  readonly #options: TrainOptions;
  readonly #meter: Meter;
  readonly #started = performance.now();
  #step = 0;
  #best: RunScores | null = null;
  #last: RunScores | null = null;
  #lastFinite: Reading | null = null;
  /** Since the reading before: wall time, time spent waiting for data, images. */
  #since = { time: performance.now(), waiting: 0, images: 0 };

  constructor(session: Session, folder: RunFolder | null, options: TrainOptions) {
    this.#session = session;
    this.#folder = folder;
    this.#options = options;
    this.#meter = createMeter(session.players, session.config);
  }

  /** All epochs; the order of what a run does is the order of these lines. */
  async execute(): Promise<TrainResult> {
    const { config } = this.#session;
    await this.#emit(startEvent(this.#session));
    try {
      for (let epoch = 1; epoch <= config.train.epochs && this.#reason() === null; epoch++) {
        await this.#trainEpoch(epoch);
        if (this.#isValidationDue(epoch)) await this.#validate(epoch);
      }
    } catch (error) {
      if (error instanceof NonFiniteError) await this.#end("non-finite");
      throw error;
    } finally {
      this.#meter.dispose();
    }
    await this.#folder?.save("model", this.#session.players.generator.model);
    return await this.#end(this.#reason() ?? "finished");
  }

  async #trainEpoch(epoch: number): Promise<void> {
    const { config, train, backend } = this.#session;
    const { everySteps } = config.checkpoint;
    const logEvery = config.train.logEvery ?? (backend.name === "webgpu" ? 10 : 1);
    const batches = trainBatches({
      dataset: train,
      config: config.data,
      seed: config.seed,
      epoch: epoch - 1,
    });
    for await (const batch of this.#timed(batches)) {
      this.#runStep(batch);
      await backend.checkErrors();
      if (this.#step % logEvery === 0) await this.#report(epoch);
      if (batch.valid === 0) await this.#warn(`no valid pixel in ${batch.ids.join(", ")}`);
      if (everySteps > 0 && this.#step % everySteps === 0) {
        await this.#folder?.save("model", this.#session.players.generator.model);
      }
      if (this.#reason() !== null) break;
    }
    await this.#report(epoch);
  }

  #runStep(batch: HostBatch): void {
    const { config, players, totalSteps, stepsPerEpoch } = this.#session;
    const { crop: [height, width], batch: size } = config.data;
    const warmupSteps = config.train.warmupEpochs * stepsPerEpoch;
    const rate = (base: number) => cosineWithWarmup(this.#step, { base, warmupSteps, totalSteps });
    const rates = {
      generator: rate(config.generator.lr),
      discriminator: rate(config.discriminator.lr),
    };

    setDropoutStep(players.generator.model, { seed: config.seed, step: this.#step });
    const images = tf.tensor4d(batch.images, [size, height, width, 3]);
    const labels = tf.tensor3d(Int32Array.from(batch.labels), [size, height, width], "int32");
    const losses = trainStep(players, { images, labels, valid: batch.valid }, rates);
    tf.dispose([images, labels]);

    losses["lr/g"] = tf.scalar(rates.generator);
    if (players.adversary !== null) losses["lr/d"] = tf.scalar(rates.discriminator);
    this.#step++;
    this.#meter.add(this.#step, { losses, ids: batch.ids });
    this.#since.images += size;
  }

  /** Reads the losses of the steps since the last report, stops on NaN, tells the last one. */
  async #report(epoch: number): Promise<void> {
    const readings = await this.#meter.read();
    for (const reading of readings) {
      if (!isFiniteReading(reading)) throw new NonFiniteError(reading, this.#lastFinite);
      this.#lastFinite = reading;
    }
    const last = readings.at(-1);
    if (last === undefined) return;
    const { time, waiting, images } = this.#since;
    const elapsed = performance.now() - time;
    this.#since = { time: performance.now(), waiting: 0, images: 0 };
    await this.#emit({
      type: "step",
      time: Date.now(),
      step: last.step,
      epoch,
      logs: last.logs,
      imagesPerSecond: images * 1000 / elapsed,
      dataShare: waiting / elapsed,
    });
  }

  async #validate(epoch: number): Promise<void> {
    const { config, players, validation } = this.#session;
    const { resize, batch } = config.validation;
    const { normalize } = config.data;
    const model = players.generator.model;
    const scores = await evaluate(model, validation, { normalize, resize, batch });
    const best = this.#best === null || scores.mIoU > this.#best.mIoU;
    this.#last = { epoch, step: this.#step, ...scores };
    if (best) {
      this.#best = this.#last;
      await this.#folder?.save("best", model);
    }
    await this.#folder?.writeMetrics({ best: this.#best, last: this.#last });
    const { split } = validation;
    const time = Date.now();
    await this.#emit({ type: "validation", time, step: this.#step, epoch, split, scores, best });
    this.#since.time = performance.now();
  }

  #isValidationDue(epoch: number): boolean {
    if (this.#options.signal?.aborted) return false;
    const { epochs } = this.#session.config.train;
    return epoch % this.#session.config.validation.every === 0 || epoch === epochs ||
      this.#reason() !== null;
  }

  /** Why the run should end now, if it should. */
  #reason(): EndEvent["reason"] | null {
    if (this.#options.signal?.aborted) return "aborted";
    const { maxSteps } = this.#session.config.train;
    return maxSteps !== null && this.#step >= maxSteps ? "max-steps" : null;
  }

  async #end(reason: EndEvent["reason"]): Promise<TrainResult> {
    const { numTensors: tensors, numBytes: bytes } = tf.memory();
    const { backend, players } = this.#session;
    const sha = await weightsSha256(players.generator.model.layers);
    const seconds = (performance.now() - this.#started) / 1000;
    const result: TrainResult = {
      run: this.#folder?.path ?? null,
      backend: backend.name,
      steps: this.#step,
      seconds,
      best: this.#best,
      last: this.#last,
      weightsSha256: sha,
      reason,
    };
    await this.#emit({
      type: "end",
      time: Date.now(),
      step: this.#step,
      reason,
      seconds,
      weightsSha256: sha,
      memory: { tensors, bytes },
    });
    return result;
  }

  async #warn(message: string): Promise<void> {
    await this.#emit({ type: "warning", time: Date.now(), step: this.#step, message });
  }

  async #emit(event: TrainEvent): Promise<void> {
    await this.#folder?.write(event);
    this.#options.onEvent?.(event);
  }

  /** Passes batches on and counts the time spent waiting for them. */
  async *#timed(batches: AsyncIterable<HostBatch>): AsyncGenerator<HostBatch> {
    let asked = performance.now();
    for await (const batch of batches) {
      this.#since.waiting += performance.now() - asked;
      yield batch;
      asked = performance.now();
    }
  }
}
