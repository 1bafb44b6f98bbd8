/**
 * `segadv weights`: what weight files hold.
 *
 * @module
 */
import {
  inspectWeights,
  type InspectWeightsOptions,
  type WeightReport,
} from "@segadv/segadv/models";
import { openWeightFile, type WeightPlan } from "@segadv/segadv/weights";
import { count } from "@segadv/segadv/util";
import { type Context, humanStream, writeJson } from "../context.ts";
import { plural } from "../ui/format.ts";
import { formatTable } from "../ui/table.ts";

/** Arguments and options of the command. */
export interface InspectWeightsArguments {
  path: string;
  model?: string | undefined;
  width?: number | undefined;
  classes?: number | undefined;
  json?: boolean | undefined;
}

/** Prints what a file holds. */
export async function runInspect(args: InspectWeightsArguments, context: Context): Promise<void> {
  const { path, model, width, classes, json } = args;
  const options: InspectWeightsOptions = {
    ...(model === undefined ? {} : { network: model }),
    ...(width === undefined ? {} : { width }),
    ...(classes === undefined ? {} : { classes }),
  };
  const file = await openWeightFile(path);
  try {
    const report = inspectWeights(file, options);
    if (json === true) writeJson(context, report);
    else humanStream(context, false).write(textOf(report));
  } finally {
    await file.close();
  }
}

function textOf({ path, format, tensors, values, network, plan }: WeightReport): string {
  const table = formatTable(
    [{ title: "tensor" }, { title: "type" }, { title: "shape" }, { title: "becomes" }],
    tensors.map(({ name, dtype, shape, weight }) => [
      name,
      dtype,
      shape.join("x"),
      weight ?? "-",
    ]),
  );
  const head = `${path}: ${format}, ${plural(tensors.length, "tensor")}, ${count(values)} values\n`;
  const fit = network === null || plan === null
    ? "No network here knows these names\n"
    : fitOf(network, plan);
  return `${table}\n${head}${fit}`;
}

function fitOf(network: string, plan: WeightPlan): string {
  const { origin, input, copies, zero, fresh, unused, missing, extra, misshapen } = plan;
  const shapes = misshapen.map(({ source, found, expected }) =>
    `${source} ${found.join("x")}, not ${expected.join("x")}`
  );
  const lines = [
    `Starts ${network}; origin: ${origin}`,
    `copied: ${plural(copies.length, "tensor")}`,
    listOf("zero here, absent there", zero),
    listOf("start afresh", fresh),
    listOf("not needed", unused),
    listOf("MISSING", missing),
    listOf("UNKNOWN", extra),
    listOf("OF ANOTHER SHAPE", shapes),
  ];
  if (input !== null) {
    const { normalize: { order, mean, std }, options } = input;
    lines.push(`input: ${order}, mean ${mean.join(", ")}, std ${std.join(", ")}`);
    const keys = Object.entries(options).map(([key, value]) => `model.${key} ${value}`);
    if (keys.length > 0) lines.push(keys.join(", "));
  }
  return lines.filter((line) => line !== "").map((line) => `${line}\n`).join("");
}

function listOf(title: string, names: readonly string[]): string {
  if (names.length === 0) return "";
  const more = names.length > 6 ? `, and ${count(names.length - 6)} more` : "";
  return `${title}: ${names.slice(0, 6).join(", ")}${more}`;
}
