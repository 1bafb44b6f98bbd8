// Tiles of a map to the Winograd domain and back. With `gather` 2 the map is read as four maps of
// half the size, one for each parity of row and column, that lie side by side as channels: so a
// convolution of stride 2 becomes one of stride 1. With `step` 2 the outputs go to four such maps.
import { input, output, spread } from "./transforms";
import { XI_PAD } from "./winograd";

const X: usize = 0; // input or output gradient, [batch, H, W, C]
const H: usize = 4;
const W: usize = 8;
const C: usize = 12;
const TH: usize = 16; // tiles along each axis
const TW: usize = 20;
const FIRST: usize = 24; // first tile of the super-block, tiles in it, the same rounded to 6
const COUNT: usize = 28;
const ROWS: usize = 32;
const TO: usize = 36; // V, D
const LD: usize = 40; // floats per tile and xi in TO
const PER: usize = 44; // tiles per chunk
const M: usize = 48; // outputs per tile and axis
const SIZE: usize = 52; // values that the transform reads per axis
const GATHER: usize = 56; // 1, or 2: four parities side by side
const WAY: usize = 60; // which transform
const SPREAD: usize = 64; // whether it is one of output gradients
const DOMAIN: usize = 68; // values of the domain per axis
const PHASES: usize = 72;
const PHASE_TABLE: usize = 76; // top, left of each

/** Copies a tile with zeros where it leaves the map. */
function copyTile(
  x: usize, h: i32, w: i32, pixel: usize, y0: i32, x0: i32, size: i32, to: usize,
): void {
  for (let i = 0; i < size; i++) {
    const y = y0 + i;
    for (let j = 0; j < size; j++) {
      const xx = x0 + j;
      if (<u32>y < <u32>h && <u32>xx < <u32>w) {
        memory.copy(to, x + <usize>(y * w + xx) * pixel, pixel);
      } else memory.fill(to, 0, pixel);
      to += pixel;
    }
  }
}

/** Tiles of a map to the transform domain; chunk = some tiles. */
export function winoInputChunk(p: usize, chunk: i32, scratch: usize): void {
  const h = load<i32>(p, H);
  const w = load<i32>(p, W);
  const th = load<i32>(p, TH);
  const tw = load<i32>(p, TW);
  const m = load<i32>(p, M);
  const gather = load<i32>(p, GATHER);
  const extent = load<i32>(p, SIZE) * gather;
  const way = load<i32>(p, WAY);
  const isSpread = load<i32>(p, SPREAD);
  const phases = load<i32>(p, PHASES);
  const c = load<i32>(p, C);
  const pixel = <usize>c * 4;
  const ld = load<usize>(p, LD) * 4;
  const step = load<usize>(p, ROWS) * ld + XI_PAD;
  const toRow = load<usize>(p, DOMAIN) * step;
  const nextPhase = load<usize>(p, DOMAIN) * toRow;
  const first = load<i32>(p, FIRST);
  const from = chunk * load<i32>(p, PER);
  const to = min(load<i32>(p, COUNT), from + load<i32>(p, PER));
  for (let t = from; t < to; t++) {
    const tile = first + t;
    const line = tile / tw;
    const image = load<usize>(p, X) + <usize>(line / th * h * w) * pixel;
    let target = load<usize>(p, TO) + <usize>t * ld;
    for (let phase = 0; phase < phases; phase++) {
      const entry = p + PHASE_TABLE + <usize>phase * 8;
      const y0 = (line % th) * m * gather - load<i32>(entry);
      const x0 = (tile % tw) * m * gather - load<i32>(entry, 4);
      let source = image + <usize>(y0 * w + x0) * pixel;
      let row = <usize>w * pixel;
      if (y0 < 0 || x0 < 0 || y0 + extent > h || x0 + extent > w) {
        copyTile(image, h, w, pixel, y0, x0, extent, scratch);
        source = scratch;
        row = <usize>extent * pixel;
      }
      if (isSpread) spread(way, source, row, pixel, target, toRow, step, c);
      else if (gather == 1) input(way, source, row, pixel, target, toRow, step, c);
      else {
        for (let parity: usize = 0; parity < 4; parity++) {
          input(
            way, source + (parity >> 1) * row + (parity & 1) * pixel, row * 2, pixel * 2,
            target + parity * pixel, toRow, step, c,
          );
        }
      }
      target += nextPhase;
    }
  }
}

/**
 * Output transform of a super-block. Words: M, rows, floats per row, out, OH, OW, n, TH, TW, first
 * tile, tiles, m, tiles per chunk, bias, activation; float: alpha; way, step between a phase's
 * pixels, positions of one phase, phases; then the first row and column of each.
 */
export function winoOutputChunk(p: usize, chunk: i32): void {
  const ld = load<usize>(p, 8) * 4;
  const xi = load<usize>(p, 4) * ld + XI_PAD;
  const oh = load<i32>(p, 16);
  const ow = load<i32>(p, 20);
  const n = load<i32>(p, 24);
  const th = load<i32>(p, 28);
  const tw = load<i32>(p, 32);
  const first = load<i32>(p, 36);
  const m = load<i32>(p, 44);
  const from = chunk * load<i32>(p, 48);
  const to = min(load<i32>(p, 40), from + load<i32>(p, 48));
  const bias = load<usize>(p, 52);
  const act = load<i32>(p, 56);
  const alpha = load<f32>(p, 60);
  const way = load<i32>(p, 64);
  const step = load<i32>(p, 68);
  const nextPhase = load<usize>(p, 72) * xi;
  const phases = load<i32>(p, 76);
  const pixel = <usize>n * 4;
  const column = <usize>step * pixel;
  const row = <usize>ow * column;
  for (let t = from; t < to; t++) {
    const tile = first + t;
    const line = tile / tw;
    let source = load<usize>(p) + <usize>t * ld;
    for (let phase = 0; phase < phases; phase++) {
      const entry = p + 80 + <usize>phase * 8;
      const y = (line % th) * m * step + load<i32>(entry);
      const x = (tile % tw) * m * step + load<i32>(entry, 4);
      const rows = (oh - y + step - 1) / step;
      const columns = (ow - x + step - 1) / step;
      const out = load<usize>(p, 12) + <usize>((line / th * oh + y) * ow + x) * pixel;
      output(way, source, xi, out, row, column, rows, columns, n, bias, act, alpha);
      source += nextPhase;
    }
  }
}
