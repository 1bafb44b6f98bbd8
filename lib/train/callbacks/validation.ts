import type { Config } from "../../config/config.ts";
import { evaluate } from "../../models/inference/evaluate.ts";
import { scoreBy } from "../../metrics/scores.ts";
import type { Keeper } from "./checkpoint_manager.ts";
import type { Progress } from "../run/progress.ts";
import type { Reporter } from "./event_logger.ts";
import type { RunFolder } from "../run/run_folder.ts";
import { sampleEvent } from "./sample_event.ts";
import type { Session } from "../run/session.ts";
import type { RunScores } from "../run/train_result.ts";

/** Scores the network on the validation split, and keeps the best one. */
export class Validator {
  readonly #session: Session;
  readonly #folder: RunFolder | null;
  readonly #signal: AbortSignal;
  readonly #progress: Progress;
  readonly #reporter: Reporter;
  readonly #keeper: Keeper;
  readonly #notices = new Set<string>();

  constructor(session: Session, options: {
    folder: RunFolder | null;
    signal?: AbortSignal | undefined;
    progress: Progress;
    reporter: Reporter;
    keeper: Keeper;
  }) {
    this.#session = session;
    this.#folder = options.folder;
    this.#signal = options.signal ?? new AbortController().signal;
    this.#progress = options.progress;
    this.#reporter = options.reporter;
    this.#keeper = options.keeper;
  }

  /** After whole epochs as `validation.every` says, the last one, and where the run ends. */
  get isDue(): boolean {
    const { config: { train, validation }, stepsPerEpoch } = this.#session;
    const { step, epoch, epochStep, last, endReason } = this.#progress;
    if (last?.step === step) return false;
    if (epochStep < stepsPerEpoch) return endReason !== null;
    return epoch % validation.every === 0 || epoch === train.epochs || endReason !== null;
  }

  /** Scores the network; where that is aborted, the checkpoint to come says that it is due. */
  async validate(): Promise<void> {
    const { config, validation } = this.#session;
    const progress = this.#progress;
    await this.#reporter.report();
    const scores = await this.#scores();
    if (scores === null) return;
    const { step, epoch } = progress;
    const { metric } = config.validation;
    const best = progress.best === null ||
      scoreBy(metric, scores) > scoreBy(metric, progress.best);
    progress.last = { epoch, step, ...scores };
    if (best) {
      progress.best = progress.last;
      await this.#keeper.saveModel("best");
    }
    await this.#folder?.writeMetrics({ best: progress.best, last: progress.last });
    const { split } = validation;
    const time = Date.now();
    await this.#reporter.emit({ type: "validation", time, step, epoch, split, scores, best });
    await this.#reporter.emit(await sampleEvent(this.#session, { step, epoch }));
    if (progress.endReason === "early-stop") {
      await this.#reporter.warn(earlyStop(progress.best!, config));
    }
    this.#reporter.throughput.restart();
  }

  async #scores(): Promise<Awaited<ReturnType<typeof evaluate>> | null> {
    const { config: { data, inference }, networks } = this.#session;
    const signal = this.#signal;
    const notices: string[] = [];
    const onNotice = (notice: string): void => void notices.push(notice);
    const options = { normalize: data.normalize, ...inference, signal, onNotice };
    try {
      const scores = await evaluate(networks.segmentation.model, this.#session.validation, options);
      for (const notice of notices) {
        if (!this.#notices.has(notice)) await this.#reporter.warn(notice);
        this.#notices.add(notice);
      }
      return scores;
    } catch (error) {
      if (signal.aborted) return null;
      throw error;
    }
  }
}

/** Why a run ends before its last epoch. */
function earlyStop(best: RunScores, { validation: { metric, patience } }: Config): string {
  const score = (scoreBy(metric, best) * 100).toFixed(2);
  return `the run ends here: ${metric} was no better than ${score} % of epoch ${best.epoch} in ` +
    `${patience} validations (validation.patience)`;
}
