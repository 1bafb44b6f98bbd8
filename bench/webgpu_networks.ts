/**
 * Launches and peak memory of a training step on WebGPU, network by network, counted on a WebGPU that
 * computes nothing: 128×128 pixels, batch 4, 21 classes, width 1. Prints a table:
 * `deno run -A bench/webgpu_networks.ts [NAME...]`.
 */
import process from "node:process";
import { dryGpu } from "./dry_gpu.ts";
import { count, networkStep, type StepCounts } from "./webgpu_counters.ts";

const NETWORKS = [
  ...["unet", "unet-resnet18", "unet-resnet34", "unet-resnet50", "unet-mobilenetv2"],
  ...["deeplabv3plus-mobilenetv2", "deeplabv3plus-resnet18", "deeplabv3plus-resnet50"],
  ...["deeplabv3-resnet50", "deeplabv3-mobilenetv3", "fcn-resnet50"],
  ...["lraspp-mobilenetv3-large", "lraspp-mobilenetv3-small"],
  ...["fast-scnn", "segformer-b0", "segformer-b1"],
];

/** Counts of a step of a network, in float32 or with float16 storage. */
async function counts(network: string, precision: "f32" | "mixed"): Promise<StepCounts> {
  const make = networkStep({ network, width: 1, size: 128, batch: 4, precision });
  return await count("own", { open: dryGpu, make });
}

const names = process.argv.slice(2);
console.log("| network | launches | peak | launches, mixed | peak, mixed |");
console.log("| --- | --- | --- | --- | --- |");
for (const network of names.length > 0 ? names : NETWORKS) {
  const cells = [];
  for (const precision of ["f32", "mixed"] as const) {
    const { dispatches, peakBytes } = await counts(network, precision);
    cells.push(dispatches, `${Math.round(peakBytes / 2 ** 20)} MiB`);
  }
  console.log(`| \`${network}\` | ${cells.join(" | ")} |`);
}
process.exit(0);
