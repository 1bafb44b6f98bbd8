import type {
  Config,
  EndEvent,
  StartEvent,
  StepEvent,
  TrainEvent,
  TrainResult,
} from "@segadv/segadv";
import { onlyClass } from "@segadv/segadv/metrics";
import type { RunReportFiles } from "@segadv/segadv/report";
import { count } from "@segadv/segadv/util";
import { commandLine } from "../invocation.ts";
import { clock, percentage, plural, short } from "../ui/format.ts";
import { Progress } from "../ui/progress.ts";
import type { TextStream } from "../ui/terminal.ts";

/** What is trained. */
interface Subject {
  config: Config;
  preset: string | undefined;
}

const ENDINGS: Record<EndEvent["reason"], string> = {
  "finished": "finished",
  "max-steps": "stopped at train.maxSteps",
  "early-stop": "stopped early, as validation.patience says",
  "aborted": "stopped by you",
  "non-finite": "stopped at a loss that is not a number",
};

/** Weight of the newest value in the moving average of images per second. */
const RATE_SMOOTHING = 0.1;

/** Prints the events of a run: a progress line, validations, warnings, and a summary. */
export class TrainReport {
  readonly #stream: TextStream;
  readonly #subject: Subject;
  readonly #progress: Progress;
  #start: StartEvent | null = null;
  #firstStep: StepEvent | null = null;
  #rate = 0;

  constructor(stream: TextStream, subject: Subject) {
    this.#stream = stream;
    this.#subject = subject;
    this.#progress = new Progress(stream);
  }

  onEvent(event: TrainEvent): void {
    if (event.type === "start") {
      this.#start = event;
      for (const line of headOf(event)) this.#progress.print(line);
    } else if (event.type === "step") {
      this.#firstStep ??= event;
      this.#progress.update(this.#describe(event));
    } else if (event.type === "validation") {
      const { epoch, best, scores: { pAcc, mIoU } } = event;
      const mark = best ? this.#stream.paint("green", "  best so far") : "";
      this.#progress.print(
        `epoch ${epoch}: mIoU ${percentage(mIoU)}, pixel accuracy ${percentage(pAcc)}${mark}`,
      );
    } else if (event.type === "resume") {
      const { step, checkpoint, rates: { before, after } } = event;
      this.#progress.print(
        `resumed at step ${step}, from ${checkpoint}; learning rate ${short(before)} before, ` +
          `${short(after)} from here`,
      );
    } else if (event.type === "warning") {
      const label = this.#stream.paint("yellow", "warning:");
      this.#progress.print(`${label} step ${event.step}: ${event.message}`);
    }
  }

  /** Shows what goes on after the last step. */
  showWork(text: string): void {
    this.#progress.update(text);
  }

  /** Removes the progress line. */
  clear(): void {
    this.#progress.clear();
  }

  /** Prints how the run ended, what it left, and commands that go on from there. */
  summarize(result: TrainResult, files: RunReportFiles | null): void {
    const { reason, steps, seconds, weightsSha256, best, run, resumedAt } = result;
    const lines = [
      ...(resumedAt === steps ? ["this run had ended before: there is nothing left to do"] : []),
      `${ENDINGS[reason]}: ${plural(steps, "step")} in ${clock(seconds)}, weights ${
        weightsSha256.slice(0, 12)
      }`,
    ];
    if (best !== null) {
      const only = onlyClass(best);
      lines.push(
        `best: mIoU ${percentage(best.mIoU)} in epoch ${best.epoch}` +
          (only === null ? "" : `, over one class alone (${only}): no other is in the truth`),
      );
    }
    if (run !== null) lines.push(`run: ${run}`);
    if (files !== null) {
      lines.push(`report: ${files.report}`, `predictions: ${files.predictions}`);
    }
    if (run !== null) lines.push(...this.#advise(run, reason));
    this.#stream.write(lines.join("\n") + "\n");
  }

  #describe({ epoch, step, time, logs, imagesPerSecond }: StepEvent): string {
    const total = this.#start?.totalSteps ?? step;
    const first = this.#firstStep;
    const stepsTimed = first === null ? 0 : step - first.step;
    const left = stepsTimed === 0
      ? ""
      : `, ${clock((time - first!.time) / 1000 / stepsTimed * (total - step))} left`;
    this.#rate = this.#rate === 0
      ? imagesPerSecond
      : this.#rate + RATE_SMOOTHING * (imagesPerSecond - this.#rate);
    const loss = logs["loss/total"] ?? NaN;
    return `epoch ${epoch}/${
      (this.#start?.config ?? this.#subject.config).train.epochs
    }, step ${step}/${total}, ` +
      `loss ${short(loss)}, ${this.#rate.toFixed(1)} images/s${left}`;
  }

  #advise(run: string, reason: EndEvent["reason"]): string[] {
    const { preset, config: { data } } = this.#subject;
    const commands = [
      ...(reason === "aborted" ? [["train", "--resume", run]] : []),
      ["eval", run, ...(data.dataset === "fixtures" ? ["--split", "test"] : [])],
      ["predict", run, "IMAGE_OR_FOLDER", "--out", "predictions", "--overlay"],
    ];
    if (preset === "fixtures" && data.dataset === "fixtures") {
      commands.push(["train", "--data", "YOUR_FOLDER"], ["presets"]);
    }
    const heading = this.#stream.paint("bold", "Next:");
    return ["", heading, ...commands.map((words) => `  ${commandLine(...words)}`)];
  }
}

function headOf(event: StartEvent): string[] {
  const { config: { model, data, adversarial }, parameters, classes } = event;
  const discriminator = parameters.discriminator === 0
    ? ""
    : `, against a discriminator of ${count(parameters.discriminator)}`;
  const frozen = parameters.frozen === undefined
    ? ""
    : `, ${count(parameters.frozen)} of them frozen (model.freeze ${model.freeze})`;
  const temperatures = adversarial.enabled ? `, T_g ${adversarial.tg}, T_d ${adversarial.td}` : "";
  const { initialization: from } = event;
  return [
    `${model.name}, ${
      count(parameters.segmentation)
    } weights${frozen}${discriminator}${temperatures}`,
    ...(from === undefined ? [] : [
      `${plural(from.copied, "tensor")} of weights from ${from.path} (${from.format}, ` +
      `${from.origin}); new: ${freshOf(from.fresh)}`,
    ]),
    ...(event.dataSaid === undefined ? [] : [`${data.dir}: ${event.dataSaid}`]),
    `${data.dataset}: ${count(classes.length)} classes, ` +
    `${plural(event.stepsPerEpoch, "step")} an epoch, ${count(event.totalSteps)} in all`,
    `backend ${event.backend}: ${event.device}`,
  ];
}

/** Weights that start at random: a few by name, more by how many each part of the network has. */
function freshOf(names: readonly string[]): string {
  if (names.length === 0) return "none";
  if (names.length <= 4) return names.join(", ");
  const counts = new Map<string, number>();
  for (const name of names) {
    const part = /^[^_/]+/.exec(name)?.[0] ?? name;
    counts.set(part, (counts.get(part) ?? 0) + 1);
  }
  const largest = [...counts].toSorted(([, a], [, b]) => b - a);
  const parts = largest.slice(0, 6).map(([part, weights]) => `${count(weights)} of ${part}`);
  const rest = largest.slice(6).reduce((sum, [, weights]) => sum + weights, 0);
  if (rest > 0) parts.push(`${count(rest)} of other parts`);
  return `${parts.join(", ")} (events.jsonl lists them)`;
}
