import type * as tf from "@tensorflow/tfjs";
import { type Engine, THREAD_SCRATCH } from "../engine.ts";
import type { ActivationCode, JobWords } from "../jobs.ts";

/** One filter position, or a run of them that lies contiguous in memory. */
export interface Tap {
  /** Offset to the input row and column of an output pixel. */
  dy: number;
  dx: number;
  /** Index of the first filter position, and step to the next of the run. */
  index: number;
  step: number;
}

/** A phase of the output grid: pixels (oy + i·osy, ox + j·osx), i < oh, j < ow. */
export interface Phase {
  oy: number;
  ox: number;
  oh: number;
  ow: number;
  taps: Tap[];
  /** Filter positions in a run. */
  run: number;
}

/** What {@linkcode gatherGemm} computes. */
export interface GatherGemm {
  /** Address of the input `[batch, ih, iw, c]`. */
  x: number;
  batch: number;
  ih: number;
  iw: number;
  c: number;
  /** Output channels. */
  n: number;
  out: number;
  outH: number;
  outW: number;
  /** Step of a phase's pixels in the output, and of its taps in the input. */
  outStride: readonly [number, number];
  stride: readonly [number, number];
  phases: readonly Phase[];
  /** Filter `[positions, cin, cout]`; `transposed` swaps the roles of the two. */
  filter: tf.TensorInfo;
  cin: number;
  cout: number;
  transposed: boolean;
  /** Address of the bias, or 0. */
  bias: number;
  activation: ActivationCode;
  alpha: number;
}

/** Packed filter bytes per round: a share of the last-level cache. */
const ROUND_BYTES = 8 << 20;
const PANEL = 16;
const TILE = 6;

/** Runs the implicit GEMM: packs the filter, then shares out (phase, row block, panel group). */
export function gatherGemm(engine: Engine, g: GatherGemm): void {
  const panels = Math.ceil(g.n / PANEL);
  const depth = g.phases.map((p) => p.taps.length * p.run * g.c);
  const panelBytes = depth.map((k) => k * PANEL * 4);
  const perPanel = panelBytes.reduce((a, b) => a + b, 0);
  const perRound = Math.min(panels, Math.max(1, Math.floor(ROUND_BYTES / Math.max(1, perPanel))));
  const pixels = Math.max(...g.phases.map((p) => g.batch * p.oh * p.ow));
  const maxTaps = Math.max(...g.phases.map((p) => p.taps.length));
  const flops = g.phases.reduce(
    (sum, p, i) => sum + 2 * g.batch * p.oh * p.ow * g.n * depth[i]!,
    0,
  );
  const blockTiles = chooseBlockTiles(pixels, maxTaps, Math.max(...depth) * g.n);
  const blocks = Math.ceil(pixels / (blockTiles * TILE));
  const zero = engine.zeros(Math.max(...g.phases.map((p) => p.run)) * g.c * 4);

  const roundAt = (packed: number, first: number): Round => {
    const count = Math.min(perRound, panels - first);
    const groups = Math.min(count, Math.max(1, Math.ceil(32 / (blocks * g.phases.length))));
    const groupPanels = Math.ceil(count / groups);
    return { first, count, packed, panelBytes, zero, blockTiles, blocks, groupPanels };
  };
  const pack = (round: Round): void => {
    const chunks = g.phases.length * round.count;
    engine.run("pack", gemmWords(engine, g, round), { chunks, flops: perPanel * round.count });
  };
  const multiply = (round: Round): void => {
    const groups = Math.ceil(round.count / round.groupPanels);
    engine.run("gemm", gemmWords(engine, g, round), {
      chunks: g.phases.length * blocks * groups,
      flops: flops * round.count / panels,
    });
  };
  const bytes = perPanel * perRound;
  if (perRound === panels) {
    engine.filters.use({
      filter: g.filter,
      key: packingOf(g),
      bytes,
      make: (packed) => pack(roundAt(packed, 0)),
      use: (packed) => multiply(roundAt(packed, 0)),
    });
    return;
  }
  engine.withScratch(bytes, (packed) => {
    for (let first = 0; first < panels; first += perRound) {
      const round = roundAt(packed, first);
      pack(round);
      multiply(round);
    }
  });
}

/** What the order of a packed filter depends on. */
function packingOf({ transposed, phases }: GatherGemm): string {
  const order = phases.map(({ run, taps }) => [run, taps.map(({ index, step }) => [index, step])]);
  return `packed ${transposed} ${order.join(" ")}`;
}

/** Row block: half a Mflop or more, so that taking a chunk costs nothing beside it. */
function chooseBlockTiles(pixels: number, taps: number, macsPerPixel: number): number {
  const wanted = Math.round(5e5 / (2 * TILE * Math.max(1, macsPerPixel)));
  const fitting = Math.floor((THREAD_SCRATCH - 8192) / (28 * Math.max(1, taps)));
  const all = Math.ceil(pixels / TILE);
  return Math.max(1, Math.min(Math.max(wanted, 16), 64, fitting, all));
}

interface Round {
  first: number;
  count: number;
  packed: number;
  panelBytes: number[];
  zero: number;
  blockTiles: number;
  blocks: number;
  groupPanels: number;
}

function gemmWords(engine: Engine, g: GatherGemm, r: Round): JobWords<"gemm"> {
  let packedOffset = 0;
  const phases = g.phases.map((phase, i) => {
    const panelBytes = r.panelBytes[i]!;
    const record = {
      oy: phase.oy,
      ox: phase.ox,
      height: phase.oh,
      width: phase.ow,
      depth: phase.run * g.c,
      packedOffset,
      panelBytes,
      run: phase.run,
      taps: phase.taps,
    };
    packedOffset += panelBytes * r.count;
    return record;
  });
  return {
    x: g.x,
    zero: r.zero,
    filter: engine.at(g.filter),
    packed: r.packed,
    out: g.out,
    bias: g.bias,
    activation: g.activation,
    alpha: g.alpha,
    batch: g.batch,
    inHeight: g.ih,
    inWidth: g.iw,
    channels: g.c,
    outHeight: g.outH,
    outWidth: g.outW,
    outStrideY: g.outStride[0],
    outStrideX: g.outStride[1],
    strideY: g.stride[0],
    strideX: g.stride[1],
    batchInner: hasMuchPadding(g) ? 1 : 0,
    dense: isDense(g) ? 1 : 0,
    blockTiles: r.blockTiles,
    rowBlocks: r.blocks,
    panels: r.count,
    groups: Math.ceil(r.count / r.groupPanels),
    groupPanels: r.groupPanels,
    columns: g.n,
    firstPanel: r.first,
    filterRows: g.cin,
    filterColumns: g.cout,
    transposed: g.transposed ? 1 : 0,
    phases,
  };
}

/** Whether output pixel m reads the c values of input pixel m and nothing else. */
function isDense({ phases, stride, outStride, ...g }: GatherGemm): boolean {
  const [phase] = phases;
  const [tap] = phase!.taps;
  return phases.length === 1 && phase!.taps.length === 1 && phase!.run === 1 &&
    tap!.dx === 0 && tap!.dy === 0 && phase!.oh === g.ih && phase!.ow === g.iw &&
    g.outH === g.ih && g.outW === g.iw &&
    [...stride, ...outStride].every((step) => step === 1);
}

/**
 * Whether a good part of the taps is padding (large filter, small map). Then the tiles are laid
 * over the batch instead of along the row: their pixels share a position, and the taps that are
 * padding there are left out.
 */
function hasMuchPadding(g: GatherGemm): boolean {
  if (g.batch < 2) return false;
  let live = 0;
  let all = 0;
  for (const phase of g.phases) {
    if (phase.oh * phase.ow > 1024) return false;
    for (const tap of phase.taps) {
      const rows = countInside(phase.oh, g.stride[0], tap.dy, g.ih);
      live += rows * countInside(phase.ow, g.stride[1], tap.dx, g.iw);
      all += phase.oh * phase.ow;
    }
  }
  return live < 0.85 * all;
}

function countInside(count: number, stride: number, offset: number, size: number): number {
  let inside = 0;
  for (let i = 0; i < count; i++) {
    const at = i * stride + offset;
    if (at >= 0 && at < size) inside++;
  }
  return inside;
}

/** A tensor `[batch, h, w, c]` at an address and the padding it gets. */
export interface Padding {
  x: number;
  batch: number;
  h: number;
  w: number;
  c: number;
  top: number;
  left: number;
  /** Height and width with padding. */
  height: number;
  width: number;
}

/** Copies a tensor with zero padding into scratch for the duration of `use`. */
export function withPadded<T>(engine: Engine, p: Padding, use: (pointer: number) => T): T {
  const floats = p.batch * p.height * p.width * p.c;
  return engine.withScratch(floats * 4, (to) => {
    engine.run("pad", {
      x: p.x,
      out: to,
      height: p.h,
      width: p.w,
      channels: p.c,
      top: p.top,
      left: p.left,
      outHeight: p.height,
      outWidth: p.width,
    }, { chunks: p.batch * p.height, flops: floats * 4 });
    return use(to);
  });
}
