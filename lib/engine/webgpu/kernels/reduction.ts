/**
 * Building blocks of deterministic reductions in WGSL: the sum within a workgroup, and the layout of
 * reductions over the rows of a matrix. Every sum has a fixed order.
 *
 * @module
 */
import { THREADS } from "../wgsl.ts";

/**
 * Tree reduction: WGSL that adds the 256 values of workgroup arrays into their first `lanes`, each of
 * every lanes-th value; ends in a barrier. With subgroups most of it needs none.
 *
 * @param subgroupSize Threads of a subgroup; 0: without subgroups.
 */
export function treeSum(arrays: string[], subgroupSize: number, lanes = 1): string {
  if (subgroupSize > lanes) return subgroupSum(arrays, subgroupSize, lanes);
  let text = "\n  workgroupBarrier();";
  for (let step = THREADS / 2; step >= lanes; step /= 2) {
    const adds = arrays.map((a) => `${a}[lid] += ${a}[lid + ${step}u];`).join(" ");
    text += `\n  if (lid < ${step}u) { ${adds} }\n  workgroupBarrier();`;
  }
  return text;
}

/** Each subgroup adds its own values; one thread per lane adds the sums of the subgroups. */
function subgroupSum(arrays: string[], subgroupSize: number, lanes: number): string {
  const each = (line: (a: string) => string) => arrays.map((a) => `    ${line(a)}`).join("\n");
  const steps: number[] = [];
  for (let step = subgroupSize / 2; step >= lanes; step /= 2) steps.push(step);
  return `
  {
${each((a) => `var own_${a} = ${a}[lid];`)}
${steps.map((s) => each((a) => `own_${a} += subgroupShuffleXor(own_${a}, ${s}u);`)).join("\n")}
    workgroupBarrier();
    let number = lid % ${subgroupSize}u;
    let slot = lid / ${subgroupSize}u * ${lanes}u + number;
    if (number < ${lanes}u) { ${arrays.map((a) => `${a}[slot] = own_${a};`).join(" ")} }
    workgroupBarrier();
    if (lid < ${lanes}u) {
      for (var other = lid + ${lanes}u; other < ${
    THREADS / subgroupSize * lanes
  }u; other += ${lanes}u) {
        ${arrays.map((a) => `${a}[lid] += ${a}[other];`).join(" ")}
      }
    }
    workgroupBarrier();
  }`;
}

/** How a matrix `[rows, channels]` is split among workgroups where each channel is reduced over rows. */
export interface ColumnLayout {
  /** Channels in a column: 4 where the channel count allows it. */
  width: 1 | 4;
  /** WGSL type of a column's value. */
  type: "vec4<f32>" | "f32";
  /** Columns of the matrix. */
  cols: number;
  /** Columns of a workgroup, a power of two. */
  lanes: number;
  /** Threads that share a column. */
  groups: number;
  /** Workgroups side by side. */
  colBlocks: number;
  /** Row blocks, each of which gives a partial result of its columns. */
  parts: number;
  /** Rows of a block. */
  rowsPer: number;
}

/** Rows per thread from which another row block is worth its overhead. */
const ROWS_PER_THREAD = 32;

/**
 * Splits a matrix: a workgroup takes `lanes` neighbouring columns (of one channel, or of four where
 * channels are a multiple of four) and a block of rows.
 */
export function columnLayout(rows: number, channels: number): ColumnLayout {
  const width = channels % 4 === 0 ? 4 : 1;
  const cols = channels / width;
  const lanes = Math.min(64 / width, 2 ** Math.ceil(Math.log2(cols)));
  const groups = THREADS / lanes;
  const colBlocks = Math.ceil(cols / lanes);
  const most = Math.min(THREADS, Math.ceil(1024 / colBlocks));
  const wanted = Math.min(most, Math.ceil(rows / (groups * ROWS_PER_THREAD)));
  const rowsPer = Math.ceil(rows / Math.max(1, wanted));
  const parts = Math.ceil(rows / rowsPer);
  const type = width === 4 ? "vec4<f32>" : "f32";
  return { width, type, cols, lanes, groups, colBlocks, parts, rowsPer };
}

/** Uniforms that {@linkcode columnPrologue} reads, and their values. */
export const COLUMN_UNIFORMS: [name: string, type: "u32"][] = [
  ["rows", "u32"],
  ["cols", "u32"],
  ["colBlocks", "u32"],
  ["rowsPer", "u32"],
];

/** Values of {@linkcode COLUMN_UNIFORMS}. */
export function columnUniforms(c: ColumnLayout, rows: number): number[] {
  return [rows, c.cols, c.colBlocks, c.rowsPer];
}

/** WGSL that finds a thread's column `col`, row group `group`, part `part` and rows. */
export function columnPrologue({ lanes }: ColumnLayout): string {
  return `
  let block = wid.y * grid.x + wid.x;
  let lane = lid % ${lanes}u;
  let group = lid / ${lanes}u;
  let col = (block % u.colBlocks) * ${lanes}u + lane;
  let part = block / u.colBlocks;
  let start = part * u.rowsPer;
  let end = min(start + u.rowsPer, u.rows);`;
}
