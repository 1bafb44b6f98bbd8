/**
 * `segadv inspect`: the layers of a network, the samples of a data set.
 *
 * @module
 */
import { type Config, loadConfig, openDataset } from "@segadv/segadv";
import {
  type DataReport,
  type DataSource,
  type Finding,
  findLayout,
  inspectData,
  recognizeData,
  type SplitReport,
} from "@segadv/segadv/data";
import { inspectModel, type ModelReport, networks, stageCount } from "@segadv/segadv/models";
import { count, writeFileAtomic } from "@segadv/segadv/util";
import { stat } from "node:fs/promises";
import { basename, resolve } from "node:path";
import { type Context, humanStream, writeJson } from "../context.ts";
import { percentage, plural } from "../ui/format.ts";
import { formatTable } from "../ui/table.ts";
import { Exit, UsageError } from "../errors.ts";
import { Progress } from "../ui/progress.ts";
import type { Style, TextStream } from "../ui/terminal.ts";

/** Arguments and options of `inspect model`. */
export interface InspectModelArguments {
  name: string;
  classes: number;
  width: number;
  freeze?: "none" | "backbone" | number | undefined;
  json?: boolean | undefined;
}

/** Prints a network's report. */
export function runModel(args: InspectModelArguments, context: Context): void {
  const { name, classes, width, freeze = "none", json } = args;
  if (freeze !== "none") checkFreeze(name, freeze);
  const frozen = freeze === "none" ? {} : { freeze };
  const report = inspectModel({ name, width, ...frozen }, { classes });
  if (json === true) writeJson(context, report);
  else humanStream(context, false).write(tableOf(report));
}

/** Refuses stages that the backbone does not have. */
function checkFreeze(name: string, freeze: "backbone" | number): void {
  const entry = networks.find(name);
  if (entry === undefined) throw new UsageError(`--freeze is of networks, ${name} is none`);
  const stages = stageCount(entry);
  if (freeze === "backbone" || freeze <= stages) return;
  throw new UsageError(`--freeze: the backbone of ${name} has ${plural(stages, "stage")}`);
}

function tableOf({ layers, parameters, input, backbone, frozen }: ModelReport): string {
  const partOf = (layer: string): string =>
    (backbone[layer] === undefined ? "head" : `stage ${backbone[layer]}`) +
    (frozen.includes(layer) ? ", frozen" : "");
  const parts = Object.keys(backbone).length > 0;
  const table = formatTable(
    [
      { title: "layer" },
      ...parts ? [{ title: "part" }] : [],
      { title: "kind" },
      { title: "output", align: "right" },
      { title: "weights", align: "right" },
    ],
    layers.map(({ name, kind, output, weights }) => [
      name,
      ...parts ? [partOf(name)] : [],
      kind,
      output.join("x"),
      weights.length === 0 ? "" : count(weights.reduce((sum, { shape }) => sum + size(shape), 0)),
    ]),
  );
  return `${table}\n${count(parameters.total)} weights, ${
    count(parameters.trainable)
  } trainable; ` +
    `outputs for an input of ${input.join("x")}\n`;
}

function size(shape: readonly number[]): number {
  return shape.reduce((product, side) => product * side, 1);
}

/** Arguments and options of `inspect data`. */
export interface InspectDataArguments {
  /** Config file, or folder of a data set. */
  path: string;
  dataset?: string | undefined;
  limit?: number | undefined;
  html?: string | undefined;
  augment?: string | undefined;
  images?: number | undefined;
  set?: readonly string[] | undefined;
  json?: boolean | undefined;
}

/** Checks a data set, prints what it found and ends with 1 if training on it would be wrong. */
export async function runData(args: InspectDataArguments, context: Context): Promise<void> {
  const source = await sourceOf(args);
  const progress = new Progress(context.terminal.err);
  const { signal } = context;
  const report = await inspectData(source, {
    signal,
    ...(args.limit !== undefined && { limit: args.limit }),
    onProgress: ({ split, done, total }) => {
      progress.update(`${split}: checked ${done} of ${total} samples`);
    },
  }).finally(() => progress.clear());
  if (args.html !== undefined) {
    const { contactSheet } = await import("@segadv/segadv/report");
    const title = basename(resolve(args.path));
    const images = args.images === undefined ? {} : { images: args.images };
    const page = await contactSheet(report, { title, ...images, signal });
    await writeFileAtomic(args.html, page);
  }
  const sheet = args.augment === undefined || !report.ok
    ? null
    : await writeAugmented(args.augment, source, args);
  const stream = humanStream(context, args.json);
  if (args.json === true) writeJson(context, report);
  else stream.write(describe(report, stream));
  if (args.html !== undefined) stream.write(`wrote a contact sheet to ${args.html}\n`);
  if (sheet !== null) stream.write(sheet);
  if (!report.ok) throw new Exit(1);
}

/** What to inspect, and the configuration that training would have. */
export interface ConfiguredSource extends DataSource {
  config: Config;
}

/** The data set of a config file or of a folder whose layout is found out. */
export async function sourceOf(
  { path, dataset, set = [] }: Pick<InspectDataArguments, "path" | "dataset" | "set">,
): Promise<ConfiguredSource> {
  if (await stat(path).then((found) => found.isDirectory(), () => false)) {
    const own = [`data.dataset=${dataset ?? "auto"}`, `data.dir=${JSON.stringify(path)}`];
    const config = await loadConfig({ overrides: [...own, ...set] });
    const source = await findLayout(path, { reader: dataset, hints: config.data });
    const { reader, layout = null } = source;
    return {
      ...source,
      ...picturesOf(config),
      config: { ...config, data: { ...config.data, dataset: reader, layout } },
    };
  }
  const overrides = dataset === undefined ? set : [...set, `data.dataset=${dataset}`];
  const config = await loadConfig({ path, overrides });
  const { dir, trainSplit, valSplit } = config.data;
  const { dataset: reader, layout, said, notices } = await recognizeData(config.data);
  const data = { ...config.data, dataset: reader, layout };
  const splits = [trainSplit, valSplit];
  const source = { reader, dir, layout, hints: data, said, notices, splits, ...picturesOf(config) };
  return { ...source, config: { ...config, data } };
}

/** How pictures are read, as the configuration says. */
function picturesOf({ data: { orientation, range, channels } }: Config): Partial<DataSource> {
  return { orientation, range, channels };
}

/** Writes samples under augmentations, and says what the picture shows. */
async function writeAugmented(
  file: string,
  { reader, dir, splits, config: { data, seed } }: ConfiguredSource,
  { images }: InspectDataArguments,
): Promise<string> {
  const { augmentationSheet } = await import("@segadv/segadv/report");
  const dataset = await openDataset(reader, { ...data, dir, split: splits[0]! });
  const options = { config: data, seed, ...images === undefined ? {} : { images } };
  const { png, samples, columns } = await augmentationSheet(dataset, options);
  await writeFileAtomic(file, png);
  return `wrote ${plural(samples.length, "sample")} (${samples.join(", ")}) to ${file}, ` +
    `images over labels, crops of ${data.crop.join("x")}; from the left: ${columns.join(", ")}\n`;
}

function describe(report: DataReport, stream: TextStream): string {
  const { reader, dir, splits, findings, ok, said } = report;
  const errors = findings.filter(({ severity }) => severity === "error").length;
  return [
    `${dir ?? "embedded data"}, read as ${reader}${said === null ? "" : `: ${said}`}\n`,
    ...(splits.length > 0 ? [splitTable(splits), classTable(report), ...objectTable(report)] : []),
    ...(findings.length > 0
      ? [findings.map((finding) => lineOf(finding, stream)).join("\n") + "\n"]
      : []),
    ok
      ? "nothing found that forbids training on it\n"
      : `training on it would be wrong: ${plural(errors, "error")}\n`,
  ].join("\n");
}

const STYLES: Record<Finding["severity"], Style> = {
  error: "red",
  warning: "yellow",
  note: "dim",
};

function lineOf({ severity, split, message }: Finding, stream: TextStream): string {
  const where = split === null ? "" : `${split}: `;
  return `${stream.paint(STYLES[severity], `${severity}:`)} ${where}${message}`;
}

function splitTable(splits: readonly SplitReport[]): string {
  return formatTable(
    [
      { title: "split" },
      { title: "samples", align: "right" },
      { title: "broken", align: "right" },
      { title: "median size", align: "right" },
      { title: "sizes", align: "right" },
      { title: "RGB mean" },
      { title: "RGB sd" },
    ],
    splits.map(({ split, samples, broken, sizes, mean, std }) => [
      split,
      count(samples),
      count(broken.length),
      sizes === null ? "-" : sizes.median.join("x"),
      count(sizes?.distinct ?? 0),
      rgb(mean),
      rgb(std),
    ]),
  );
}

function classTable({ classes, splits, weights }: DataReport): string {
  const share = (pixels: number, { pixels: all, ignored }: SplitReport): string => {
    const total = all.reduce((a, b) => a + b, 0) + ignored;
    return percentage(total > 0 ? pixels / total : null);
  };
  const right = "right";
  const columns = splits.flatMap(({ split }) => [
    { title: split, align: right } as const,
    { title: "images", align: right } as const,
  ]);
  const rows = classes.map(({ name }, c) => [
    name,
    ...splits.flatMap((split) => [share(split.pixels[c]!, split), count(split.images[c]!)]),
    weights.medianFrequency[c]?.toFixed(3) ?? "-",
    weights.enet[c]?.toFixed(2) ?? "-",
  ]);
  rows.push(["(ignored)", ...splits.flatMap((split) => [share(split.ignored, split), ""])]);
  return formatTable(
    [
      { title: "class" },
      ...columns,
      { title: "median freq.", align: right },
      { title: "ENet", align: right },
    ],
    rows,
  );
}

/** Sizes of each class' objects and numbers of classes in an image; none where no image was read. */
function objectTable({ classes, splits }: DataReport): string[] {
  const counted = splits.filter(({ objects }) => objects.length > 0);
  if (counted.length === 0) return [];
  const right = "right";
  const rows = counted.flatMap(({ split, objects }) =>
    classes.flatMap(({ name }, c) => {
      const { count: number, small, smallest, median, largest } = objects[c]!;
      if (number === 0) return [];
      const sizes = [smallest, median, largest].map(count);
      return [[split, name, count(number), percentage(small / number), ...sizes]];
    })
  );
  const table = formatTable(
    [
      { title: "split" },
      { title: "objects of" },
      { title: "number", align: right },
      { title: "below 32x32", align: right },
      { title: "smallest", align: right },
      { title: "median", align: right },
      { title: "largest", align: right },
    ],
    rows,
  );
  const perImage = counted.map(({ split, classesPerImage }) => {
    const parts = classesPerImage.flatMap((images, n) =>
      images === 0 ? [] : [`${n} in ${plural(images, "image")}`]
    );
    return `${split}: number of classes in an image: ${parts.join(", ")}\n`;
  });
  return [`${table}objects are connected pixels of a class, sizes in pixels\n${perImage.join("")}`];
}

function rgb(values: readonly number[]): string {
  return values.map((value) => value.toFixed(2)).join(", ");
}
