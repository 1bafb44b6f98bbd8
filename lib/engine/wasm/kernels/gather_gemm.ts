import type * as tf from "@tensorflow/tfjs";
import type { Engine } from "../engine.ts";
import { THREAD_SCRATCH } from "../engine.ts";
import { JOB } from "../jobs.ts";
import { SUB_BYTES, SUBS_AT, TAP_WORDS } from "../layout.ts";

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
  activation: Activation;
  alpha: number;
}

/** Activation codes of the micro-kernels. */
export const ACTIVATION = { linear: 0, relu: 1, relu6: 2, leakyrelu: 3 } as const;
/** One of {@linkcode ACTIVATION}. */
export type Activation = typeof ACTIVATION[keyof typeof ACTIVATION];

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
    writeGemm(engine, g, round);
    engine.run(JOB.pack, g.phases.length * round.count, perPanel * round.count);
  };
  const multiply = (round: Round): void => {
    writeGemm(engine, g, round);
    const groups = Math.ceil(round.count / round.groupPanels);
    engine.run(JOB.gemm, g.phases.length * blocks * groups, flops * round.count / panels);
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
  const room = Math.floor((THREAD_SCRATCH - 8192) / (28 * Math.max(1, taps)));
  const all = Math.ceil(pixels / TILE);
  return Math.max(1, Math.min(Math.max(wanted, 16), 64, room, all));
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

function writeGemm(engine: Engine, g: GatherGemm, r: Round): void {
  const subs = engine.params + SUBS_AT;
  engine.write([
    g.x,
    g.ih,
    g.iw,
    g.c,
    g.batch,
    r.zero,
    g.n,
    r.count,
    g.bias,
    g.activation,
    { float: g.alpha },
    g.out,
    g.outH,
    g.outW,
    ...g.outStride,
    ...g.stride,
    hasMuchPadding(g) ? 1 : 0,
    r.blockTiles,
    r.blocks,
    Math.ceil(r.count / r.groupPanels),
    r.groupPanels,
    r.first,
    r.packed,
    subs,
    engine.at(g.filter),
    g.cin,
    g.cout,
    g.transposed ? 1 : 0,
    isDense(g) ? 1 : 0,
  ]);
  let packedOffset = 0;
  let tapsOffset = SUBS_AT + g.phases.length * SUB_BYTES;
  const words: number[] = [];
  g.phases.forEach((phase, i) => {
    const bytes = r.panelBytes[i]!;
    words.push(phase.oy, phase.ox, phase.oh, phase.ow, phase.taps.length);
    words.push(engine.params + tapsOffset, phase.run * g.c, packedOffset, bytes, phase.run);
    packedOffset += bytes * r.count;
    tapsOffset += phase.taps.length * TAP_WORDS * 4;
  });
  for (const { taps } of g.phases) {
    for (const tap of taps) words.push(tap.dy, tap.dx, tap.index, tap.step);
  }
  engine.write(words, SUBS_AT);
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
