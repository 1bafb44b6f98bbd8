/**
 * Tiles of matrix products: how much of C = A·B a workgroup of 256 threads computes. Every tile adds
 * the products of a sum in the order of k, so results are bit-identical whichever is chosen.
 *
 * @module
 */
import { THREADS } from "./wgsl.ts";

/** Size of a workgroup's tile of C and of a thread's part of it. */
export interface Tile {
  /** Rows of C of one thread, a multiple of 4. */
  rows: 4 | 8;
  /** Columns of C of one thread, a multiple of 4. */
  cols: 4 | 8;
  /** Threads side by side; the others are below. */
  across: 4 | 8 | 16 | 32 | 64;
  /** Depth of the tiles of A and B, a multiple of 4. */
  depth: 8 | 16;
}

/** Tiles to choose from, by the size of C's tile. */
export const TILES: Record<
  "16x256" | "32x128" | "64x64" | "128x128" | "128x32" | "256x16",
  Tile
> = {
  "16x256": { rows: 4, cols: 4, across: 64, depth: 16 },
  "32x128": { rows: 4, cols: 4, across: 32, depth: 16 },
  "128x128": { rows: 8, cols: 8, across: 16, depth: 16 },
  "64x64": { rows: 4, cols: 4, across: 16, depth: 16 },
  "128x32": { rows: 4, cols: 4, across: 8, depth: 16 },
  "256x16": { rows: 4, cols: 4, across: 4, depth: 16 },
};

/** Name of a tile. */
export type TileName = keyof typeof TILES;

/** Rows of C in a workgroup's tile. */
export function tileRows({ rows, across }: Tile): number {
  return rows * THREADS / across;
}

/** Columns of C in a workgroup's tile. */
export function tileCols({ cols, across }: Tile): number {
  return cols * across;
}

/** Workgroups of a product `[m, n]`: columns in x, rows in y. */
export function tileGrid(name: TileName, m: number, n: number): [x: number, y: number] {
  const tile = TILES[name];
  return [Math.ceil(n / tileCols(tile)), Math.ceil(m / tileRows(tile))];
}

/** Vectors from one row of a tile to the next; one more than needed avoids bank conflicts. */
export function rowPitch({ depth }: Tile): number {
  return depth / 4 + 1;
}

/** Bytes of workgroup memory that a tile takes at most. */
export function tileBytes(tile: Tile): number {
  return 16 * rowPitch(tile) * (tileRows(tile) + tileCols(tile));
}

/** Tiles for adapters with no more than the 16 KiB of workgroup memory that WebGPU guarantees. */
const SMALLER: Partial<Record<TileName, TileName>> = {
  "16x256": "32x128",
  "128x128": "64x64",
  "256x16": "128x32",
};

/** The tile, or a similar one that takes at most `bytes` of workgroup memory. */
export function tileWithin(bytes: number, tile: TileName): TileName {
  return tileBytes(TILES[tile]) <= bytes ? tile : SMALLER[tile] ?? tile;
}

/** Large tiles that occupy a large adapter. */
const MANY_TILES = 96;

/**
 * Tile for a product `[m, n]`: narrow where C is narrow, large where enough tiles occupy the adapter.
 *
 * @param options `few`: the adapter has few threads, so that large tiles always occupy it.
 */
export function chooseTile(m: number, n: number, options: { few?: boolean } = {}): TileName {
  if (m <= 16 && n > 16) return "16x256";
  if (m <= 32 && n > 32) return "32x128";
  if (n <= 16) return "256x16";
  if (n <= 32) return "128x32";
  const tiles = Math.ceil(m / 128) * Math.ceil(n / 128);
  const full = options.few ? m > 64 : tiles >= MANY_TILES;
  return n > 64 && full ? "128x128" : "64x64";
}
