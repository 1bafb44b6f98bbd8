import { Buffer } from "node:buffer";
import { encodePng } from "../../data/codecs/png_encode.ts";
import { onlyClass, scoreBy, type Scores, usableMetric } from "../../metrics/scores.ts";
import { evaluate } from "../../models/inference/evaluate.ts";
import { predict } from "../../models/inference/predict.ts";
import { percent } from "../../util/format.ts";
import { nonFiniteState } from "../errors.ts";
import type { SampleEvent } from "../events.ts";
import { metadataOf, type Session } from "../run/session.ts";
import { withAverage } from "../step/networks.ts";
import { firstNonFinite } from "../run/state_tensors.ts";
import type { Callback, TrainContext } from "./callback.ts";

/** Validations without a better score than the first after which the end of a run says so. */
const UNCHANGED = 3;

/** Scores the network on the validation split, and keeps the best one. */
export class Validation implements Callback {
  readonly #context: TrainContext;
  readonly #notices = new Set<string>();

  constructor(context: TrainContext) {
    this.#context = context;
  }

  async onEpochEnd(): Promise<void> {
    if (!this.#isDue) return;
    await this.#context.flush();
    await this.#checkState();
    await withAverage(this.#context.session.networks, () => this.#validate());
  }

  /** After whole epochs as `validation.every` says, the last one, and where the run ends. */
  get #isDue(): boolean {
    const { session: { config: { train, validation }, stepsPerEpoch }, state } = this.#context;
    const { step, epoch, epochStep, last } = state;
    const isEnd = this.#context.endReason() !== null;
    if (last?.step === step) return false;
    if (epochStep < stepsPerEpoch) return isEnd;
    return epoch % validation.every === 0 || epoch === train.epochs || isEnd;
  }

  /** Where scoring is aborted, the checkpoint to come says that it is due. */
  async #validate(): Promise<void> {
    const { session, state, folder, emit } = this.#context;
    const scores = await this.#scores();
    if (scores === null) return;
    const { config, networks, validation: { split } } = session;
    const metric = usableMetric(config.validation.metric, scores);
    const { step, epoch } = state;
    const best = state.best === null || scoreBy(metric, scores) > scoreBy(metric, state.best);
    state.last = { epoch, step, ...scores };
    if (best) {
      state.best = state.last;
      await folder?.save("best", networks.segmentation.model, metadataOf(session));
    }
    await folder?.writeMetrics({ best: state.best, last: state.last });
    const time = Date.now();
    await emit({ type: "validation", time, step, epoch, split, scores, best });
    await emit(await sampleEvent(session, { step, epoch }));
    if (metric !== config.validation.metric) {
      await this.#warnOnce(
        `no pixel of ${split} has the class of validation.metric ${config.validation.metric}: ` +
          "the best network is chosen by mIoU",
      );
    }
    const only = onlyClass(scores);
    if (only !== null) {
      await this.#warnOnce(
        `all labelled pixels of ${split} are of one class, ${only}: a network that predicts it ` +
          "everywhere scores 100 %, so that the best network is chosen by that alone; take other " +
          "images to validate on",
      );
    }
    if (this.#isLast) await this.#warnOfFirstBest(metric);
  }

  /** Whether no step can come after this validation. */
  get #isLast(): boolean {
    const { session: { config: { train }, stepsPerEpoch }, state } = this.#context;
    return this.#context.endReason() !== null ||
      (state.epoch === train.epochs && state.epochStep === stepsPerEpoch);
  }

  /** Says that nothing after the first validation was better. */
  async #warnOfFirstBest(metric: string): Promise<void> {
    const { session: { config: { validation: { every } } }, state: { best, last } } = this.#context;
    if (best === null || last === null || best.epoch > every) return;
    const count = Math.ceil((last.epoch - best.epoch) / every);
    if (count < UNCHANGED) return;
    const [then, now] = [best, last].map((scores) => percent(scoreBy(metric, scores)));
    await this.#context.warn(
      `the best ${metric} is ${then} % of epoch ${best.epoch}, the first validation, and none of ` +
        `the ${count} after it was better (now ${now} %): the run learned nothing that ` +
        "validation.metric shows; look at the losses, the labels of the validation split and " +
        "optimizer.lr",
    );
  }

  async #warnOnce(message: string): Promise<void> {
    if (this.#notices.has(message)) return;
    this.#notices.add(message);
    await this.#context.warn(message);
  }

  /** Refuses a state that no checkpoint could follow; `evaluate` checks the scored network itself. */
  async #checkState(): Promise<void> {
    const others = this.#context.stateTensors()
      .filter(({ name }) => !name.startsWith("segmentation/"));
    const name = await firstNonFinite(others);
    if (name !== null) throw nonFiniteState(`${name} is not finite`, this.#context.state);
  }

  async #scores(): Promise<Scores | null> {
    const { session, signal } = this.#context;
    const { config, networks, validation } = session;
    const { data, inference, validation: { meanOver } } = config;
    const notices: string[] = [];
    const onNotice = (notice: string): void => void notices.push(notice);
    const { normalize } = data;
    const options = { normalize, ...inference, meanOver, signal, onNotice };
    try {
      const scores = await evaluate(networks.segmentation.model, validation, options);
      for (const notice of notices) await this.#warnOnce(notice);
      return scores;
    } catch (error) {
      if (signal.aborted) return null;
      throw error;
    }
  }
}

/** Longest side of the picture of a sample event. */
const SIDE = 256;

/** Predicts the first validation image: a palette PNG of at most 256 pixels a side. */
export async function sampleEvent(
  { networks, validation, config }: Session,
  { step, epoch }: { step: number; epoch: number },
): Promise<SampleEvent> {
  const { id, image } = await validation.read(0);
  const { normalize } = config.data;
  const map = await predict(networks.segmentation.model, image, {
    normalize,
    ...config.inference,
  });
  const factor = Math.max(1, Math.max(map.width, map.height) / SIDE);
  const [width, height] = [Math.round(map.width / factor), Math.round(map.height / factor)];
  const data = new Uint8Array(width * height);
  const nearest = (index: number, length: number): number =>
    Math.min(length - 1, Math.floor((index + 0.5) * factor));
  for (let y = 0; y < height; y++) {
    const row = nearest(y, map.height) * map.width;
    for (let x = 0; x < width; x++) data[y * width + x] = map.data[row + nearest(x, map.width)]!;
  }
  const palette = Uint8Array.from(validation.classes.flatMap(({ color }) => color));
  const png = encodePng({ width, height, channels: 1, data, palette });
  const text = Buffer.from(png).toString("base64");
  return { type: "sample", time: Date.now(), step, epoch, id, width, height, png: text };
}
