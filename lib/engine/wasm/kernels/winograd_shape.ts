import type * as tf from "@tensorflow/tfjs";

/** Outputs per tile and axis. */
export type TileSize = 2 | 3 | 4;

/** Where the tiles of one phase of the output begin. */
export interface WinogradPhase {
  /** Input row and column before the first tile, negated. */
  top: number;
  left: number;
  /** First output row and column. */
  oy: number;
  ox: number;
}

/** A part of the filter that is a filter of its own, with stride 1. */
export interface FilterPart {
  /** Its first tap. */
  tap: number;
  /** Which of the gathered maps it reads. */
  map: number;
  /** Which phase of the output it makes. */
  phase: number;
}

/**
 * A convolution that Winograd's method computes as one of stride 1 with `r x r` taps: a 3x3 of
 * stride 1; a 4x4 of stride 2, whose input is gathered as four maps, one for each parity of row and
 * column; or the input gradient of either, where the latter gives four phases of outputs.
 */
export interface WinogradShape {
  /** Taps per axis of the filter, and of its parts. */
  taps: 3 | 4;
  r: 2 | 3;
  parts: readonly FilterPart[];
  batch: number;
  /** Input `[batch, h, w, c]`. */
  h: number;
  w: number;
  c: number;
  /** Output `[batch, oh, ow, n]`. */
  oh: number;
  ow: number;
  n: number;
  /** Maps per axis that the input is read as. */
  gather: 1 | 2;
  /** Distance of a phase's outputs. */
  step: 1 | 2;
  phases: readonly WinogradPhase[];
}

/** {@linkcode WinogradShape} with what depends on the size of the tiles. */
export interface WinogradTiles extends WinogradShape {
  m: TileSize;
  /** Number of tiles, and along each axis of a phase. */
  tiles: number;
  th: number;
  tw: number;
  /** Values per axis of the transform domain. */
  domain: number;
  /** Products per tile: positions of the domain in each phase. */
  positions: number;
  /** Values per tile and position: all gathered channels. */
  k: number;
  /** Columns of the output in panels. */
  panels: number;
}

/** Columns per panel of the micro-kernels. */
export const PANEL = 16;
/** Rows per tile of the micro-kernels. */
export const ROWS = 6;
/** A tile's pixels are copied to a thread's scratch at the border. */
const MAX_CHANNELS = 2048;

/** The forward convolution, if Winograd's method covers it. */
export function winogradForward(info: tf.backend_util.Conv2DInfo): WinogradShape | undefined {
  if (!isCovered(info)) return undefined;
  const { top, left } = info.padInfo;
  const strided = info.strideHeight === 2;
  return {
    ...(strided
      ? { taps: 4, r: 2, gather: 2, parts: STRIDED_PARTS }
      : { taps: 3, r: 3, gather: 1, parts: [{ tap: 0, map: 0, phase: 0 }] }),
    batch: info.batchSize,
    h: info.inHeight,
    w: info.inWidth,
    c: info.inChannels,
    oh: info.outHeight,
    ow: info.outWidth,
    n: info.outChannels,
    step: 1,
    phases: [{ top, left, oy: 0, ox: 0 }],
  };
}

/** The parts of a 4x4 filter by the parity of row and column. */
const STRIDED_PARTS: FilterPart[] = [0, 1, 4, 5].map((tap, map) => ({ tap, map, phase: 0 }));

/** The gradient with respect to the input: a convolution of dy with the rotated filter. */
export function winogradBackward(info: tf.backend_util.Conv2DInfo): WinogradShape | undefined {
  const forward = winogradForward(info);
  if (!forward) return undefined;
  const { h, w, c, oh, ow, n, r } = forward;
  const { top, left } = info.padInfo;
  const shape = { ...forward, h: oh, w: ow, c: n, oh: h, ow: w, n: c, gather: 1 } as const;
  if (r === 3) return { ...shape, phases: [{ top: 2 - top, left: 2 - left, oy: 0, ox: 0 }] };
  const phases: WinogradPhase[] = [];
  const parts: FilterPart[] = [];
  for (const oy of [0, 1]) {
    for (const ox of [0, 1]) {
      // Row 2i + oy reads dy's rows i + floor((oy + top) / 2) and the one before, by the taps
      // whose parity is that of oy + top.
      const tap = ((oy + top) % 2 ? 0 : 4) + ((ox + left) % 2 ? 0 : 1);
      parts.push({ tap, map: 0, phase: phases.length });
      phases.push({ top: 1 - ((oy + top) >> 1), left: 1 - ((ox + left) >> 1), oy, ox });
    }
  }
  return { ...shape, step: 2, phases, parts };
}

function isCovered(info: tf.backend_util.Conv2DInfo): boolean {
  if (info.dilationHeight !== 1 || info.dilationWidth !== 1) return false;
  const { filterHeight, filterWidth, strideHeight, strideWidth } = info;
  if (filterHeight !== filterWidth || strideHeight !== strideWidth) return false;
  return filterHeight === 3 && strideHeight === 1 || filterHeight === 4 && strideHeight === 2;
}

/**
 * The cheapest tiles for a convolution, or `undefined` where the direct way costs less. Costs are
 * in multiplications; the weights of the rest were measured (AMD EPYC, 2026).
 */
export function chooseTiles(g: WinogradShape): WinogradTiles | undefined {
  if (g.n < 8 || g.c < 8 || g.c > MAX_CHANNELS) return undefined;
  // The transforms work on whole vectors, the last one stepping back: a panel needs four columns.
  if (g.n % PANEL > 0 && g.n % PANEL < 4) return undefined;
  const sizes: readonly TileSize[] = g.r === 3 ? [2, 4] : [3, 4];
  const [best] = sizes.map((m) => winogradTiles(g, m)).sort((a, b) => cost(a) - cost(b));
  return cost(best!) > 0.9 * directCost(g) ? undefined : best;
}

/** `g` in tiles of `m` outputs per axis. */
export function winogradTiles(g: WinogradShape, m: TileSize): WinogradTiles {
  const th = Math.ceil(Math.ceil(g.oh / g.step) / m);
  const tw = Math.ceil(Math.ceil(g.ow / g.step) / m);
  const domain = m + g.r - 1;
  return {
    ...g,
    m,
    th,
    tw,
    tiles: g.batch * th * tw,
    domain,
    positions: g.phases.length * domain ** 2,
    k: g.gather ** 2 * g.c,
    panels: Math.ceil(g.n / PANEL),
  };
}

/** Cost of transforming a value of the domain, and a value of the filter. */
const TILE_COST = 10;
const FILTER_COST = 8;

function cost({ positions, tiles, k, n }: WinogradTiles): number {
  const products = Math.ceil(tiles / ROWS) * ROWS * k * wholeVectors(n);
  return positions * (products + TILE_COST * tiles * (k + n) + FILTER_COST * k * n);
}

function directCost(g: WinogradShape): number {
  const taps = g.r ** 2 * g.gather ** 2;
  return taps * g.batch * g.oh * g.ow * g.c * wholeVectors(g.n);
}

function wholeVectors(columns: number): number {
  return Math.ceil(columns / 4) * 4;
}
