/**
 * `segadv convert`: a data set in another layout.
 *
 * @module
 */
import { convertData } from "@segadv/segadv/data";
import { type Context, humanStream, warn, writeJson } from "../context.ts";
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
  set?: readonly string[] | undefined;
  keep?: boolean | undefined;
  json?: boolean | undefined;
}

/** Converts a data set and prints what was written. */
export async function run(args: ConvertArguments, context: Context): Promise<void> {
  const { out, to, keep = false, json } = args;
  const { terminal: { err }, signal } = context;
  const source = await sourceOf(args);
  const progress = new Progress(err);
  const { splits, said, notices } = await convertData(source, out, {
    to,
    keep,
    signal,
    onProgress: ({ phase, split, done, total }) => {
      progress.update(`${split}: ${phase} ${done} of ${total} samples`);
    },
  }).finally(() => progress.clear());
  for (const notice of [...source.notices ?? [], ...notices]) warn(context, notice);
  const counts = splits.map(({ split, samples }) => `${split} (${plural(samples, "sample")})`);
  const stream = humanStream(context, json);
  const how = said === null ? "" : `: ${said}`;
  stream.write(`read ${source.dir ?? "embedded data"} as ${source.reader}${how}\n`);
  stream.write(`wrote ${counts.join(", ")} to ${out} as ${to}\n`);
  if (json === true) writeJson(context, { reader: source.reader, to, out, splits });
}
