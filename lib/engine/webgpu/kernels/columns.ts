/**
 * How work on a matrix `[rows, channels]` is dealt out where each channel is reduced over all rows:
 * a workgroup takes `lanes` neighbouring columns (of one channel, or of four where channels come in
 * fours) and a block of rows.
 */
import { THREADS } from "../dispatch.ts";

/** Shape of such a launch. */
export interface Columns {
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
  /** Row blocks: partial results of each column. */
  parts: number;
  /** Rows of a block. */
  rowsPer: number;
}

/** Rows that a thread reads before another row block is worth its overhead. */
const ROWS_PER_THREAD = 32;

/** Deals out a matrix. */
export function columnsOf(rows: number, channels: number): Columns {
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
export function columnUniforms(c: Columns, rows: number): number[] {
  return [rows, c.cols, c.colBlocks, c.rowsPer];
}

/** WGSL that finds a thread's column `col`, row group `group`, part `part` and rows. */
export function columnPrologue({ lanes }: Columns): string {
  return `
  let block = wid.y * grid.x + wid.x;
  let lane = lid % ${lanes}u;
  let group = lid / ${lanes}u;
  let col = (block % u.colBlocks) * ${lanes}u + lane;
  let part = block / u.colBlocks;
  let start = part * u.rowsPer;
  let end = min(start + u.rowsPer, u.rows);`;
}
