/**
 * `segadv convert`: a data set in another layout.
 *
 * @module
 */
import { convertData, UnsoundDataError } from "@segadv/segadv/data";
import { type Context, humanStream, warn, writeJson } from "../context.ts";
import { Exit } from "../errors.ts";
import { plural } from "../ui/format.ts";
import { Progress } from "../ui/progress.ts";
import { sourceOf } from "./inspect.ts";

/** Arguments and options of the command. */
export interface ConvertArguments {
  /** Config file, or folder of a data set. */
  path: string;
  out: string;
  to: string;
  dataset?: string | undefined;
  keep?: boolean | undefined;
  json?: boolean | undefined;
}

/** Converts a data set and prints what was written. */
export async function run(args: ConvertArguments, context: Context): Promise<void> {
  const { out, to, keep = false, json } = args;
  const { terminal: { err }, signal } = context;
  const source = await sourceOf(args);
  const progress = new Progress(err);
  const { splits, findings } = await convertData(source, out, {
    to,
    keep,
    signal,
    onProgress: ({ phase, split, done, total }) => {
      progress.update(`${split}: ${phase} ${done} of ${total} samples`);
    },
  }).finally(() => progress.clear()).catch((error) => {
    if (!(error instanceof UnsoundDataError)) throw error;
    for (const { split, message } of error.findings) {
      err.write(`${err.paint("red", "error:")} ${split}: ${message}\n`);
    }
    const where = source.dir ?? "embedded data";
    err.write(`training on ${where} would be wrong: nothing is written\n`);
    throw new Exit(1);
  });
  for (const { severity, split, message } of findings) {
    if (severity !== "note") warn(context, split === null ? message : `${split}: ${message}`);
  }
  const counts = splits.map(({ split, samples }) => `${split} (${plural(samples, "sample")})`);
  const stream = humanStream(context, json);
  stream.write(`read ${source.dir ?? "embedded data"} as ${source.reader}\n`);
  stream.write(`wrote ${counts.join(", ")} to ${out} as ${to}\n`);
  if (json === true) writeJson(context, { reader: source.reader, to, out, splits });
}
