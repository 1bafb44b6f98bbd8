/**
 * `segadv find-lr`: a learning rate to train with.
 *
 * @module
 */
import { loadConfig } from "@segadv/segadv";
import { findLearningRate, type RateSearch } from "@segadv/segadv/train";
import { writeFileAtomic } from "@segadv/segadv/util";
import { type Context, humanStream, warn, writeJson } from "../context.ts";
import { Exit, INTERRUPTED, UsageError } from "../errors.ts";
import { commandLine } from "../invocation.ts";
import { drawCurve } from "../ui/curve.ts";
import { plural, short } from "../ui/format.ts";
import { Progress } from "../ui/progress.ts";
import { type ConfigArguments, overridesOf } from "./config_arguments.ts";

/** Arguments and options of the command. */
export interface FindLrArguments extends ConfigArguments {
  from: number;
  to: number;
  steps: number;
  /** File of the drawing. */
  out: string;
  json?: boolean | undefined;
}

/** Searches, draws the curve, and prints the command that trains with the rate. */
export async function run(args: FindLrArguments, context: Context): Promise<void> {
  const { from, to, steps, out, json, file } = args;
  if (from >= to) throw new UsageError(`--from ${from} must be below --to ${to}`);
  const { terminal: { err }, signal } = context;
  const preset = args.preset ?? (file === undefined ? "fixtures" : undefined);
  const onNotice = (notice: string) => humanStream(context, json).write(`${notice}\n`);
  const config = await loadConfig({ path: file, preset, overrides: overridesOf(args), onNotice });
  const progress = new Progress(err);
  const found = await findLearningRate(config, {
    from,
    to,
    steps,
    signal,
    onPoint: ({ rate, smooth }, done) => {
      progress.update(`step ${done} of ${steps}: rate ${short(rate)}, loss ${short(smooth)}`);
    },
  }).finally(() => progress.clear());
  for (const warning of found.warnings) warn(context, warning);
  if (found.reason === "aborted") throw new Exit(INTERRUPTED);
  const { points, rate } = found;
  const chosen = rate === null ? null : Number(rate.toPrecision(2));
  const { rateFigure } = await import("@segadv/segadv/report");
  if (points.length > 0) await writeFileAtomic(out, rateFigure(found).svg + "\n");
  const stream = humanStream(context, json);
  if (json === true) {
    const { reason, backend } = found;
    writeJson(context, { rate: chosen, reason, backend, points, drawing: out });
  } else stream.write(describe(found, { columns: stream.columns }));
  stream.write(points.length > 0 ? `curve: ${out}\n` : "");
  if (chosen === null) {
    err.write(
      `${err.paint("red", "error:")} Cannot name a rate: the loss falls nowhere between ${from} ` +
        `and ${to}; look at data and loss, or give other --from and --to\n`,
    );
    throw new Exit(1);
  }
  const again = commandLine("train", ...wordsOf(args), "--set", `optimizer.lr=${chosen}`);
  stream.write(`L_seg falls fastest at ${short(rate!)}; train with it:\n  ${again}\n`);
}

function describe({ points, rate, reason }: RateSearch, { columns }: { columns: number }): string {
  if (points.length === 0) return "the loss was no number from the first step on\n";
  const curve = points.map(({ rate, smooth }) => ({ x: rate, y: smooth }));
  const size = { columns: Math.max(20, Math.min(80, columns - 12)), rows: 14 };
  const end = reason === "diverged" ? `, where the loss left its lowest fourfold behind` : "";
  return `L_seg, smoothed, over the learning rate (logarithmic), ${
    plural(points.length, "step")
  }${end}\n${drawCurve(curve, size, rate)}`;
}

/** The arguments of `train` that give the same configuration. */
function wordsOf(args: FindLrArguments): string[] {
  const { file, preset, dataset, data, init, backend, set = [], seed } = args;
  const named = { preset, dataset, data, init, backend, seed };
  return [
    ...(file === undefined ? [] : [file]),
    ...Object.entries(named).flatMap(([name, value]) =>
      value === undefined ? [] : [`--${name}`, String(value)]
    ),
    ...set.flatMap((one) => ["--set", one]),
  ];
}
