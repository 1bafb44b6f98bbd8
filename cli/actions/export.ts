/**
 * `segadv export`: a network in another program's format.
 *
 * @module
 */
import {
  checkOnnx,
  type ExportFeature,
  modelFormats,
  type OnnxDifference,
  onnxRuntimeWeb,
} from "@segadv/segadv/export";
import { readFile, stat } from "node:fs/promises";
import { type Context, humanStream } from "../context.ts";
import { UsageError } from "../errors.ts";
import { withModel } from "./with_model.ts";

/** Arguments and options of the command. */
export interface ExportArguments {
  path: string;
  to: string;
  out?: string | undefined;
  with?: string | undefined;
  size: string;
  layout?: string | undefined;
  foldBatchNorm?: boolean | undefined;
  half?: boolean | undefined;
  int8?: boolean | undefined;
  check?: boolean | undefined;
  overwrite?: boolean | undefined;
}

/** What the user writes for each feature. */
const OPTIONS: Record<ExportFeature, string> = {
  preprocess: "--with preprocess",
  argmax: "--with argmax",
  layout: "--layout",
  size: "--size",
  foldBatchNorm: "--fold-batch-norm",
  float16: "--half",
  int8: "--int8",
};

/** Writes the network. */
export async function run(args: ExportArguments, context: Context): Promise<void> {
  const format = modelFormats.get(args.to);
  const parts = (args.with ?? "").split(",").map((part) => part.trim()).filter(Boolean);
  const unknown = parts.find((part) => part !== "preprocess" && part !== "argmax");
  if (unknown !== undefined) {
    throw new UsageError(`--with ${args.with}: "${unknown}" is none of preprocess, argmax`);
  }
  const [preprocess, argmax] = [parts.includes("preprocess"), parts.includes("argmax")];
  if (argmax && !preprocess) {
    throw new UsageError(
      "--with argmax needs the pictures' own size: give --with preprocess,argmax",
    );
  }
  const size = parseSize(args.size);
  const asked: Record<ExportFeature, boolean> = {
    preprocess,
    argmax,
    layout: args.layout !== undefined,
    size: size !== null,
    foldBatchNorm: args.foldBatchNorm === true,
    float16: args.half === true,
    int8: args.int8 === true,
  };
  if (asked.float16 && asked.int8) throw new UsageError("--half and --int8: give one of them");
  for (const [feature, isAsked] of Object.entries(asked) as [ExportFeature, boolean][]) {
    if (!isAsked || format.features.includes(feature)) continue;
    throw new UsageError(`${OPTIONS[feature]} is not for --to ${format.name}: leave it out`);
  }
  if (args.check && format.name !== "onnx") {
    throw new UsageError(`--check is not for --to ${format.name}: leave it out`);
  }
  const runOnnx = args.check ? await onnxRuntimeWeb() : null;
  if (args.check && runOnnx === null) {
    throw new UsageError("--check runs onnxruntime-web, which is not installed: npm install it");
  }
  const backend = args.check ? "wasm" : "cpu";
  await withModel({ path: args.path, backend, context }, async ({ loaded }) => {
    const { model, classes, normalize, pictures } = loaded;
    const out = args.out ?? model.name + format.extension.replace("/", "");
    if (args.overwrite !== true && await exists(out)) {
      throw new UsageError(`${out} is there already: give another --out, or --overwrite`);
    }
    if (size !== null) requireMultiple(size, model);
    const layout = (args.layout ?? "nchw") as "nchw" | "nhwc";
    const options = {
      classes,
      normalize,
      pictures,
      preprocess,
      argmax,
      layout,
      size,
      foldBatchNorm: asked.foldBatchNorm,
      storage: asked.float16 ? "float16" : asked.int8 ? "int8" : "float32",
    } as const;
    const remark = await format.write(model, out, options);
    const suffix = remark === null ? "" : `, ${remark}`;
    humanStream(context, false).write(
      `${model.name}, ${classes.length} classes: ${out}${suffix}\n`,
    );
    if (runOnnx === null) return;
    const found = await checkOnnx(await readFile(out), model, { ...options, run: runOnnx });
    humanStream(context, false).write(`ONNX Runtime Web: ${differenceText(found)}\n`);
  });
}

function differenceText(found: OnnxDifference): string {
  if (found.kind === "classes") {
    return `${found.differing} of ${found.pixels} pixels of a random picture differ`;
  }
  const [most, largest] = [found.most, found.largest].map((value) => value.toPrecision(2));
  return `largest difference ${most}, of logits up to ${largest}`;
}

function parseSize(text: string): { height: number; width: number } | null {
  if (text === "dynamic") return null;
  const found = /^([1-9]\d*)x([1-9]\d*)$/i.exec(text);
  if (found === null) throw new UsageError(`--size ${text}: give HEIGHTxWIDTH, such as 256x320`);
  return { height: Number(found[1]), width: Number(found[2]) };
}

function requireMultiple(
  { height, width }: { height: number; width: number },
  { name, inputMultiple }: { name: string; inputMultiple: number },
): void {
  if (height % inputMultiple === 0 && width % inputMultiple === 0) return;
  const up = (length: number): number => Math.ceil(length / inputMultiple) * inputMultiple;
  throw new UsageError(
    `--size ${height}x${width}: ${name} takes multiples of ${inputMultiple}, such as ` +
      `${up(height)}x${up(width)}`,
  );
}

function exists(path: string): Promise<boolean> {
  return stat(path).then(() => true, () => false);
}
