import type * as tf from "@tensorflow/tfjs";
import type { Engine, Word } from "../engine.ts";
import type { Activation } from "./gather_gemm.ts";
import { JOB } from "../jobs.ts";
import { PANEL, ROWS, type WinogradTiles } from "./winograd_shape.ts";

/** Operands of {@linkcode winogradConv}. */
export interface WinogradConv {
  g: WinogradTiles;
  x: number;
  out: number;
  /** Filter `[taps, taps, c, n]`, or with `transposed` `[., ., n, c]` to be rotated by half a turn. */
  filter: tf.TensorInfo;
  transposed: boolean;
  bias: number;
  activation: Activation;
  alpha: number;
}

/** Operands of {@linkcode winogradFilterGrad}. */
export interface WinogradFilterGrad {
  /** The forward convolution. */
  g: WinogradTiles;
  x: number;
  dy: number;
  /** Filter gradient `[taps, taps, c, n]`. */
  out: number;
}

/** Bytes of transformed tiles that are worked on at once: a share of the last-level cache. */
const BLOCK_BYTES = 3 << 20;
const MIN_BLOCK_TILES = 144;
/** Bytes between the matrices of two positions; assembly/winograd.ts relies on it. */
const XI_PAD = 192;
/** Filter rows per chunk; assembly/winograd_filter.ts relies on it. */
const FILTER_ROWS = 32;
/** Chunks a job is cut into where it can be. */
const CHUNKS = 32;

/** Forward convolution or input gradient. */
export function winogradConv(engine: Engine, o: WinogradConv): void {
  const { g, filter, transposed } = o;
  engine.filters.use({
    filter,
    key: `${way(g)} ${transposed} ${g.parts.map(({ tap }) => tap)}`,
    bytes: g.positions * (g.panels * g.k * PANEL * 4 + XI_PAD),
    make: (uAt) => transformFilter(engine, { ...o, uAt }),
    use: (uAt) => multiply(engine, { ...o, uAt }),
  });
}

/** The convolution with the transformed filter at `uAt`. */
function multiply(engine: Engine, o: WinogradConv & { uAt: number }): void {
  const { g, uAt } = o;
  const { positions, k, panels, tiles } = g;
  const block = blockTiles(g);
  const v = positions * (block * k * 4 + XI_PAD);
  const m = positions * (block * panels * PANEL * 4 + XI_PAD);
  engine.withScratch(v + m, (base) => {
    for (let first = 0; first < tiles; first += block) {
      const count = Math.min(block, tiles - first);
      const rows = Math.ceil(count / ROWS) * ROWS;
      const tile = { first, count, rows };
      transformTiles(engine, { g, ...tile, from: o.x, to: base, ld: k, spread: false });
      const strips = rows / ROWS;
      const per = Math.min(strips, 16);
      const blocks = Math.ceil(strips / per);
      const groupPanels = Math.min(panels, 8);
      const groups = Math.ceil(panels / groupPanels);
      engine.write([base, uAt, base + v, rows, k, panels, per, blocks, groups, groupPanels, g.n]);
      engine.run(
        JOB.winoGemm,
        positions * blocks * groups,
        2 * positions * rows * k * panels * PANEL,
      );
      transformOutputs(engine, { ...o, ...tile, from: base + v });
    }
  });
}

/** Filter gradient of a forward convolution. */
export function winogradFilterGrad(engine: Engine, o: WinogradFilterGrad): void {
  const { g } = o;
  const { positions, k, panels, tiles, domain } = g;
  const block = blockTiles(g);
  const v = positions * (block * k * 4 + XI_PAD);
  const d = positions * (block * panels * PANEL * 4 + XI_PAD);
  const u = positions * (k * panels * PANEL * 4 + XI_PAD);
  const phases = [{ top: 0, left: 0, oy: 0, ox: 0 }];
  const dyMap: WinogradTiles = { ...g, h: g.oh, w: g.ow, c: g.n, gather: 1, phases };
  engine.withScratch(v + d + u, (base) => {
    const dAt = base + v;
    const uAt = dAt + d;
    for (let first = 0; first < tiles; first += block) {
      const count = Math.min(block, tiles - first);
      const tile = { first, count, rows: count };
      const ld = panels * PANEL;
      transformTiles(engine, { g, ...tile, from: o.x, to: base, ld: k, spread: false });
      transformTiles(engine, { g: dyMap, ...tile, from: o.dy, to: dAt, ld, spread: true });
      const groupPanels = Math.min(panels, 8);
      const groups = Math.ceil(panels / groupPanels);
      const fresh = first === 0 ? 1 : 0;
      engine.write([base, dAt, uAt, count, count, k, panels, groups, groupPanels, fresh, g.n]);
      engine.run(JOB.winoRank, positions * groups, 2 * positions * count * k * panels * PANEL);
    }
    engine.write(filterWords(g, { filter: o.out, uAt }));
    engine.run(JOB.winoCollect, g.c, domain ** 2 * k * g.n * 4);
  });
}

/** Tiles per super-block, a multiple of 6. */
function blockTiles({ positions, k, panels, tiles }: WinogradTiles): number {
  const perTile = positions * (k + panels * PANEL) * 4;
  const wanted = Math.max(MIN_BLOCK_TILES, Math.floor(BLOCK_BYTES / perTile));
  return Math.ceil(Math.min(wanted, tiles) / ROWS) * ROWS;
}

/** The number of a transform in the kernels. */
function way({ m, r }: WinogradTiles): number {
  return 10 * m + r;
}

function filterWords(g: WinogradTiles, at: { filter: number; uAt: number }): number[] {
  const apart = g.r === 2 ? 2 : 1;
  return [
    at.filter,
    at.uAt,
    g.c,
    g.n,
    g.panels,
    way(g),
    g.domain,
    apart * g.taps,
    apart,
    g.k,
    g.parts.length,
    ...g.parts.flatMap((part) => [part.tap, part.map * g.c, part.phase * g.domain ** 2]),
  ];
}

function transformFilter(engine: Engine, o: WinogradConv & { uAt: number }): void {
  const { g, uAt } = o;
  const from = engine.at(o.filter);
  const transform = (filter: number): void => {
    engine.write(filterWords(g, { filter, uAt }));
    const chunks = Math.ceil(g.c / FILTER_ROWS) * g.panels;
    engine.run(JOB.winoFilter, chunks, g.positions * g.k * g.n * 4);
  };
  if (!o.transposed) return transform(from);
  const taps = g.taps ** 2;
  engine.withScratch(taps * g.c * g.n * 4, (rotated) => {
    engine.write([from, rotated, g.n, g.c, taps]);
    engine.run(JOB.winoRotate, taps, taps * g.c * g.n * 2);
    transform(rotated);
  });
}

/** Where transformed tiles come from and go to. */
interface TileBlock {
  g: WinogradTiles;
  first: number;
  count: number;
  /** Distance between two positions of the domain, in tiles. */
  rows: number;
  from: number;
  to: number;
  /** Floats per tile and position. */
  ld: number;
  /** Output gradients instead of inputs. */
  spread: boolean;
}

function transformTiles(engine: Engine, b: TileBlock): void {
  const { g } = b;
  const share = Math.max(1, Math.ceil(b.count / CHUNKS));
  engine.write([
    b.from,
    g.h,
    g.w,
    g.c,
    g.th,
    g.tw,
    b.first,
    b.count,
    b.rows,
    b.to,
    b.ld,
    share,
    g.m,
    b.spread ? g.m : g.domain,
    g.gather,
    b.spread ? way(g) : g.domain,
    b.spread ? 1 : 0,
    g.domain,
    g.phases.length,
    ...g.phases.flatMap(({ top, left }) => [top, left]),
  ]);
  engine.run(JOB.winoInput, Math.ceil(b.count / share), g.positions * b.count * g.c * 4);
}

function transformOutputs(
  engine: Engine,
  b: WinogradConv & { first: number; count: number; rows: number; from: number },
): void {
  const { g } = b;
  const share = Math.max(1, Math.ceil(b.count / CHUNKS));
  const words: Word[] = [
    b.from,
    b.rows,
    g.panels * PANEL,
    b.out,
    g.oh,
    g.ow,
    g.n,
    g.th,
    g.tw,
    b.first,
    b.count,
    g.m,
    share,
    b.bias,
    b.activation,
    { float: b.alpha },
    way(g),
    g.step,
    g.domain ** 2,
    g.phases.length,
    ...g.phases.flatMap(({ oy, ox }) => [oy, ox]),
  ];
  engine.write(words);
  engine.run(JOB.winoOutput, Math.ceil(b.count / share), g.positions * b.count * g.n * 4);
}
