import type { Engine } from "./_engine.ts";
import type { Activation } from "./_gather_gemm.ts";
import { JOB } from "./_jobs.ts";

/** Outputs per tile and axis: F(2x2, 3x3) or F(4x4, 3x3). */
export type TileSize = 2 | 4;

/** A 3x3 convolution of stride 1 and the tiles that cover its output. */
export interface WinogradGeometry {
  m: TileSize;
  batch: number;
  /** Input `[batch, h, w, c]`. */
  h: number;
  w: number;
  c: number;
  /** Output `[batch, oh, ow, n]`. */
  oh: number;
  ow: number;
  n: number;
  top: number;
  left: number;
}

/** Operands of {@linkcode winogradConv}. */
export interface WinogradConv extends WinogradGeometry {
  x: number;
  out: number;
  /** Filter `[3, 3, c, n]`, or with `transposed` `[3, 3, n, c]` to be rotated by half a turn. */
  filter: number;
  transposed: boolean;
  bias: number;
  activation: Activation;
  alpha: number;
}

/** Operands of {@linkcode winogradFilterGrad}. */
export interface WinogradFilterGrad extends WinogradGeometry {
  x: number;
  dy: number;
  /** Filter gradient `[3, 3, c, n]`. */
  out: number;
}

/** Bytes of transformed tiles that are worked on at once: a share of the last-level cache. */
const BLOCK_BYTES = 6 << 20;
const MIN_BLOCK_TILES = 240;
const ROWS = 6;
const PANEL = 16;
/** Bytes between the matrices of two positions; assembly/winograd.ts relies on it. */
const XI_PAD = 192;
/** Filter rows per chunk; assembly/winograd.ts relies on it. */
const FILTER_ROWS = 32;
/** Chunks a job is cut into where it can be. */
const CHUNKS = 32;

/**
 * The cheapest tile size for a map, or 0 where the direct way costs less. Costs are in
 * multiplications per pair of channels; the weights of the rest were measured (AMD EPYC, 2026).
 */
export function chooseTile(g: Omit<WinogradGeometry, "m">): TileSize | 0 {
  if (g.c % 4 || g.n % 4 || g.c < 8 || g.n < 8) return 0;
  const wasted = Math.ceil(g.n / PANEL) * PANEL / g.n;
  const cost = (m: number): number => {
    const tiles = g.batch * Math.ceil(g.oh / m) * Math.ceil(g.ow / m);
    const products = Math.ceil(tiles / ROWS) * ROWS * wasted;
    const transforms = TILE_COST * tiles * (1 / g.c + 1 / g.n) + FILTER_COST;
    return (m + 2) ** 2 * (products + transforms);
  };
  const direct = 9 * g.batch * g.oh * g.ow * wasted;
  const [two, four] = [cost(2), cost(4)];
  if (Math.min(two, four) > 0.9 * direct) return 0;
  return four <= two ? 4 : 2;
}
/** Cost of transforming a value of the domain, and a value of the filter. */
const TILE_COST = 10;
const FILTER_COST = 8;

/** Forward convolution or input gradient. */
export function winogradConv(engine: Engine, o: WinogradConv): void {
  const size = (o.m + 2) ** 2;
  const panels = Math.ceil(o.n / PANEL);
  const tiles = tileCount(o);
  const block = blockTiles(o, tiles, panels);
  const v = size * (block * o.c * 4 + XI_PAD);
  const m = size * (block * panels * PANEL * 4 + XI_PAD);
  const u = size * (panels * o.c * PANEL * 4 + XI_PAD);
  const rotated = o.transposed ? 9 * o.c * o.n * 4 : 0;
  engine.withScratch(v + m + u + rotated, (base) => {
    const uAt = base + v + m;
    transformFilter(engine, o, { panels, uAt, rotatedAt: uAt + u });
    for (let first = 0; first < tiles; first += block) {
      const count = Math.min(block, tiles - first);
      const rows = Math.ceil(count / ROWS) * ROWS;
      transformTiles(engine, o, {
        first,
        count,
        rows,
        from: o.x,
        to: base,
        ld: o.c,
        spread: false,
      });
      const strips = rows / ROWS;
      const per = Math.min(strips, 16);
      const blocks = Math.ceil(strips / per);
      const groupPanels = Math.min(panels, 8);
      const groups = Math.ceil(panels / groupPanels);
      engine.write([base, uAt, base + v, rows, o.c, panels, per, blocks, groups, groupPanels]);
      engine.run(JOB.winoGemm, size * blocks * groups, 2 * size * rows * o.c * panels * PANEL);
      const share = Math.max(1, Math.ceil(count / CHUNKS));
      engine.write([
        base + v,
        rows,
        panels * PANEL,
        o.out,
        o.oh,
        o.ow,
        o.n,
        Math.ceil(o.oh / o.m),
        Math.ceil(o.ow / o.m),
        first,
        count,
        o.m,
        share,
        o.bias,
        o.activation,
        { float: o.alpha },
      ]);
      engine.run(JOB.winoOutput, Math.ceil(count / share), size * count * o.n * 4);
    }
  });
}

/** Filter gradient. */
export function winogradFilterGrad(engine: Engine, o: WinogradFilterGrad): void {
  const size = (o.m + 2) ** 2;
  const panels = Math.ceil(o.n / PANEL);
  const tiles = tileCount(o);
  const block = blockTiles(o, tiles, panels);
  const v = size * (block * o.c * 4 + XI_PAD);
  const d = size * (block * panels * PANEL * 4 + XI_PAD);
  const u = size * (o.c * panels * PANEL * 4 + XI_PAD);
  const dyMap = { ...o, h: o.oh, w: o.ow, c: o.n, top: 0, left: 0 };
  engine.withScratch(v + d + u, (base) => {
    const dAt = base + v;
    const uAt = dAt + d;
    for (let first = 0; first < tiles; first += block) {
      const count = Math.min(block, tiles - first);
      const tile = { first, count, rows: count };
      transformTiles(engine, o, { ...tile, from: o.x, to: base, ld: o.c, spread: false });
      transformTiles(engine, dyMap, {
        ...tile,
        from: o.dy,
        to: dAt,
        ld: panels * PANEL,
        spread: true,
      });
      const groupPanels = Math.min(panels, 8);
      const groups = Math.ceil(panels / groupPanels);
      const fresh = first === 0 ? 1 : 0;
      engine.write([base, dAt, uAt, count, count, o.c, panels, groups, groupPanels, fresh]);
      engine.run(JOB.winoRank, size * groups, 2 * size * count * o.c * panels * PANEL);
    }
    engine.write([uAt, o.out, o.c, o.n, panels, o.m]);
    engine.run(JOB.winoCollect, o.c, size * o.c * o.n * 4);
  });
}

function tileCount(g: WinogradGeometry): number {
  return g.batch * Math.ceil(g.oh / g.m) * Math.ceil(g.ow / g.m);
}

/** Tiles per super-block, a multiple of 6. */
function blockTiles(g: WinogradGeometry, tiles: number, panels: number): number {
  const perTile = (g.m + 2) ** 2 * (g.c + panels * PANEL) * 4;
  const wanted = Math.max(MIN_BLOCK_TILES, Math.floor(BLOCK_BYTES / perTile));
  return Math.ceil(Math.min(wanted, tiles) / ROWS) * ROWS;
}

function transformFilter(
  engine: Engine,
  o: WinogradConv,
  at: { panels: number; uAt: number; rotatedAt: number },
): void {
  let filter = o.filter;
  if (o.transposed) {
    engine.write([filter, at.rotatedAt, o.n, o.c]);
    engine.run(JOB.winoRotate, 9, 9 * o.c * o.n * 2);
    filter = at.rotatedAt;
  }
  engine.write([filter, at.uAt, o.c, o.n, at.panels, o.m]);
  engine.run(
    JOB.winoFilter,
    Math.ceil(o.c / FILTER_ROWS) * at.panels,
    (o.m + 2) ** 2 * o.c * o.n * 4,
  );
}

/** Where transformed tiles come from and go to. */
interface TileBlock {
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

function transformTiles(engine: Engine, g: WinogradGeometry, b: TileBlock): void {
  const share = Math.max(1, Math.ceil(b.count / CHUNKS));
  engine.write([
    b.from,
    g.h,
    g.w,
    g.c,
    Math.ceil(g.oh / g.m),
    Math.ceil(g.ow / g.m),
    g.top,
    g.left,
    b.first,
    b.count,
    b.rows,
    b.to,
    b.ld,
    g.m,
    share,
    b.spread ? 1 : 0,
  ]);
  engine.run(JOB.winoInput, Math.ceil(b.count / share), (g.m + 2) ** 2 * b.count * g.c * 4);
}
