import { Buffer } from "node:buffer";
import { encodePng } from "../../data/codecs/png_encode.ts";
import { scoreBy, type Scores } from "../../metrics/scores.ts";
import { evaluate } from "../../models/inference/evaluate.ts";
import { predict } from "../../models/inference/predict.ts";
import { nonFiniteState } from "../errors.ts";
import type { SampleEvent } from "../events.ts";
import { metadataOf, type Session } from "../run/session.ts";
import { firstNonFinite } from "../run/state_tensors.ts";
import type { Callback, TrainContext } from "./callback.ts";

/** Scores the network on the validation split, and keeps the best one. */
export class Validation implements Callback {
  readonly #context: TrainContext;
  readonly #notices = new Set<string>();

  constructor(context: TrainContext) {
    this.#context = context;
  }

  async onEpochEnd(): Promise<void> {
    if (this.#isDue) await this.#validate();
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
    await this.#context.flush();
    await this.#checkState();
    const scores = await this.#scores();
    if (scores === null) return;
    const { config, networks, validation: { split } } = session;
    const { metric } = config.validation;
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
  }

  /** Refuses a state that no checkpoint could follow; `evaluate` checks the scored network itself. */
  async #checkState(): Promise<void> {
    const others = this.#context.stateTensors()
      .filter(({ name }) => !name.startsWith("segmentation/"));
    const name = await firstNonFinite(others);
    if (name !== null) throw nonFiniteState(`${name} is not finite`, this.#context.state);
  }

  async #scores(): Promise<Scores | null> {
    const { session, signal, warn } = this.#context;
    const { config: { data, inference }, networks, validation } = session;
    const notices: string[] = [];
    const onNotice = (notice: string): void => void notices.push(notice);
    const options = { normalize: data.normalize, ...inference, signal, onNotice };
    try {
      const scores = await evaluate(networks.segmentation.model, validation, options);
      for (const notice of notices) {
        if (!this.#notices.has(notice)) await warn(notice);
        this.#notices.add(notice);
      }
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
