import type * as tf from "@tensorflow/tfjs";
import type { Engine } from "../engine.ts";
import { type ActivationCode, CONSTANTS, type JobWords } from "../jobs.ts";
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
  activation: ActivationCode;
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
const { FILTER_ROWS, XI_PAD } = CONSTANTS;
/** Chunks a job is cut into where it can be. */
const CHUNKS = 32;

/** Forward convolution or input gradient. */
export function winogradConv(engine: Engine, o: WinogradConv): void {
  const { g, filter, transposed } = o;
  engine.filters.use({
    filter,
    key: `${scheme(g)} ${transposed} ${g.parts.map(({ tap }) => tap)}`,
    bytes: g.positions * (g.panels * g.k * PANEL * 4 + XI_PAD),
    make: (uAt) => transformFilter(engine, { ...o, uAt }),
    use: (uAt) => multiply(engine, { ...o, uAt }),
  });
}

/** The convolution with the transformed filter at `uAt`. */
function multiply(engine: Engine, o: WinogradConv & { uAt: number }): void {
  const { g, uAt } = o;
  const { positions, k, panels, tiles } = g;
  const block = superBlockTiles(g);
  const v = positions * (block * k * 4 + XI_PAD);
  const m = positions * (block * panels * PANEL * 4 + XI_PAD);
  engine.withScratch(v + m, (base) => {
    for (let first = 0; first < tiles; first += block) {
      const count = Math.min(block, tiles - first);
      const rows = Math.ceil(count / ROWS) * ROWS;
      const tile = { first, count, rows };
      transformTiles(engine, { g, ...tile, from: o.x, to: base, ld: k, spread: false });
      const strips = rows / ROWS;
      const blockTiles = Math.min(strips, 16);
      const rowBlocks = Math.ceil(strips / blockTiles);
      const groupPanels = Math.min(panels, 8);
      const groups = Math.ceil(panels / groupPanels);
      engine.run("winogradGemm", {
        v: base,
        u: uAt,
        m: base + v,
        ...{ rows, k, blockTiles, rowBlocks, panels, groups, groupPanels },
        columns: g.n,
      }, {
        chunks: positions * rowBlocks * groups,
        flops: 2 * positions * rows * k * panels * PANEL,
      });
      transformOutputs(engine, { ...o, ...tile, from: base + v });
    }
  });
}

/** Filter gradient of a forward convolution. */
export function winogradFilterGrad(engine: Engine, o: WinogradFilterGrad): void {
  const { g } = o;
  const { positions, k, panels, tiles, domain } = g;
  const block = superBlockTiles(g);
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
      engine.run("winogradRank", {
        v: base,
        d: dAt,
        du: uAt,
        rows: count,
        ...{ k, panels, groups, groupPanels },
        fresh: first === 0 ? 1 : 0,
        columns: g.n,
      }, {
        chunks: positions * groups,
        flops: 2 * positions * count * k * panels * PANEL,
      });
    }
    const words = { du: uAt, dFilter: o.out, ...filterWords(g) };
    engine.run("winogradFilterGrad", words, { chunks: g.c, flops: domain ** 2 * k * g.n * 4 });
  });
}

/** Tiles per super-block, a multiple of 6. */
function superBlockTiles({ positions, k, panels, tiles }: WinogradTiles): number {
  const perTile = positions * (k + panels * PANEL) * 4;
  const wanted = Math.max(MIN_BLOCK_TILES, Math.floor(BLOCK_BYTES / perTile));
  return Math.ceil(Math.min(wanted, tiles) / ROWS) * ROWS;
}

/** The number of a transform in the kernels. */
function scheme({ m, r }: WinogradTiles): number {
  return 10 * m + r;
}

function filterWords(
  g: WinogradTiles,
): Omit<JobWords<"winogradFilter">, "filter" | "u"> {
  const apart = g.r === 2 ? 2 : 1;
  return {
    channels: g.c,
    columns: g.n,
    panels: g.panels,
    scheme: scheme(g),
    domain: g.domain,
    rowStep: apart * g.taps,
    columnStep: apart,
    uRows: g.k,
    parts: g.parts.map(({ tap, map, phase }) => ({
      tap,
      row: map * g.c,
      position: phase * g.domain ** 2,
    })),
  };
}

function transformFilter(engine: Engine, o: WinogradConv & { uAt: number }): void {
  const { g, uAt } = o;
  const from = engine.at(o.filter);
  const transform = (filter: number): void => {
    engine.run("winogradFilter", { filter, u: uAt, ...filterWords(g) }, {
      chunks: Math.ceil(g.c / FILTER_ROWS) * g.panels,
      flops: g.positions * g.k * g.n * 4,
    });
  };
  if (!o.transposed) return transform(from);
  const taps = g.taps ** 2;
  engine.withScratch(taps * g.c * g.n * 4, (rotated) => {
    const words = { filter: from, out: rotated, rows: g.n, columns: g.c, taps };
    engine.run("winogradRotate", words, { chunks: taps, flops: taps * g.c * g.n * 2 });
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
  engine.run("winogradTiles", {
    x: b.from,
    out: b.to,
    height: g.h,
    width: g.w,
    channels: g.c,
    tilesHigh: g.th,
    tilesWide: g.tw,
    firstTile: b.first,
    tiles: b.count,
    tilesPerChunk: share,
    rows: b.rows,
    rowFloats: b.ld,
    tileSize: g.m,
    scheme: scheme(g),
    domain: g.domain,
    gather: g.gather,
    isSpread: b.spread ? 1 : 0,
    phases: g.phases,
  }, { chunks: Math.ceil(b.count / share), flops: g.positions * b.count * g.c * 4 });
}

function transformOutputs(
  engine: Engine,
  b: WinogradConv & { first: number; count: number; rows: number; from: number },
): void {
  const { g } = b;
  const share = Math.max(1, Math.ceil(b.count / CHUNKS));
  engine.run("winogradOutput", {
    m: b.from,
    out: b.out,
    bias: b.bias,
    activation: b.activation,
    alpha: b.alpha,
    rows: b.rows,
    rowFloats: g.panels * PANEL,
    outHeight: g.oh,
    outWidth: g.ow,
    outChannels: g.n,
    tilesHigh: g.th,
    tilesWide: g.tw,
    firstTile: b.first,
    tiles: b.count,
    tilesPerChunk: share,
    tileSize: g.m,
    scheme: scheme(g),
    step: g.step,
    positions: g.domain ** 2,
    phases: g.phases,
  }, { chunks: Math.ceil(b.count / share), flops: g.positions * b.count * g.n * 4 });
}
