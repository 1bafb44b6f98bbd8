/**
 * Rows of the suite `webgpu`: counters that do not depend on the adapter, and times where it is a
 * real one.
 */
import { requestAdapter } from "../lib/engine/webgpu/adapter.ts";
import { isSoftwareAdapter } from "../lib/engine/webgpu/adapter.ts";
import type { Row } from "./row.ts";
import { counterRows, fullSizeRows } from "./webgpu_counters.ts";
import { filterGradientRow, kernelRows } from "./webgpu_kernels.ts";
import { readbackRow } from "./webgpu_readbacks.ts";
import { stepRows } from "./webgpu_steps.ts";

/** What {@linkcode webgpuRows} works on. */
export interface WebgpuRowsOptions {
  /** @default navigator.gpu */
  gpu?: GPU;
  /** Hears each row as it is there, and why others are left out. */
  log: (text: string) => void;
}

/** All rows, on the best adapter of `gpu`. */
export async function webgpuRows(options: WebgpuRowsOptions): Promise<Row[]> {
  const { gpu = navigator.gpu, log } = options;
  const rows: Row[] = [];
  const add = (more: Row[]): void => {
    rows.push(...more);
    for (const row of more) log(describeRow(row));
  };
  const adapter = await requestAdapter({ gpu });
  add(await counterRows(gpu));
  add([await readbackRow(gpu)]);
  add(await filterGradientRow(gpu));
  add(await fullSizeRows());
  if (isSoftwareAdapter(adapter)) log("times left out: the adapter is a program on the processor");
  else {
    add(await kernelRows(gpu));
    add(await stepRows(gpu, log));
  }
  return rows;
}

/** One line for each row. */
export function describeRow(row: Row): string {
  const { name, unit, value, baseline, ratio, gflops, extrapolated } = row;
  const number = (n: number): string =>
    n.toLocaleString("en", { maximumFractionDigits: unit === "ms" && n < 1000 ? 2 : 0 });
  const rate = gflops === undefined ? "" : `, ${number(gflops)} GFLOP/s`;
  const full = extrapolated === undefined
    ? ""
    : `; at the thesis' size ${number(extrapolated.value)} and ${number(extrapolated.baseline)}`;
  return `${name.padEnd(36)} ${number(value)} ${unit}, baseline ${number(baseline)}, ratio ` +
    `${ratio.toFixed(2)}${rate}${full}`;
}
