// Tiles of a map to the Winograd domain and back. With `gather` 2 the map is read as four maps of
// half the size, one for each parity of row and column, that lie side by side as channels: so a
// convolution of stride 2 becomes one of stride 1. With `step` 2 the outputs go to four such maps.
import { recordAt, TilePhase, WinogradOutput, WinogradTiles, XI_PAD } from "./jobs";
import { input, output, spread } from "./transforms";

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
export function winogradTilesChunk(p: WinogradTiles, chunk: i32, scratch: usize): void {
  const h = p.height;
  const w = p.width;
  const th = p.tilesHigh;
  const tw = p.tilesWide;
  const m = p.tileSize;
  const gather = p.gather;
  const isSpread = p.isSpread;
  const extent = (isSpread ? m : p.domain) * gather;
  const phases = p.phasesLength;
  const c = p.channels;
  const pixel = <usize>c * 4;
  const ld = <usize>p.rowFloats * 4;
  const step = <usize>p.rows * ld + XI_PAD;
  const toRow = <usize>p.domain * step;
  const nextPhase = <usize>p.domain * toRow;
  const first = p.firstTile;
  const from = chunk * p.tilesPerChunk;
  const to = min(p.tiles, from + p.tilesPerChunk);
  for (let t = from; t < to; t++) {
    const tile = first + t;
    const line = tile / tw;
    const image = p.x + <usize>(line / th * h * w) * pixel;
    let target = p.out + <usize>t * ld;
    for (let i = 0; i < phases; i++) {
      const phase = recordAt<TilePhase>(p.phases, i);
      const y0 = (line % th) * m * gather - phase.top;
      const x0 = (tile % tw) * m * gather - phase.left;
      let source = image + <usize>(y0 * w + x0) * pixel;
      let row = <usize>w * pixel;
      if (y0 < 0 || x0 < 0 || y0 + extent > h || x0 + extent > w) {
        copyTile(image, h, w, pixel, y0, x0, extent, scratch);
        source = scratch;
        row = <usize>extent * pixel;
      }
      if (isSpread) spread(p.scheme, source, row, pixel, target, toRow, step, c);
      else if (gather == 1) input(p.domain, source, row, pixel, target, toRow, step, c);
      else {
        for (let parity: usize = 0; parity < 4; parity++) {
          input(
            p.domain, source + (parity >> 1) * row + (parity & 1) * pixel, row * 2, pixel * 2,
            target + parity * pixel, toRow, step, c,
          );
        }
      }
      target += nextPhase;
    }
  }
}

/** Output transform of a super-block, with bias and activation; chunk = some tiles. */
export function winogradOutputChunk(p: WinogradOutput, chunk: i32): void {
  const ld = <usize>p.rowFloats * 4;
  const xi = <usize>p.rows * ld + XI_PAD;
  const oh = p.outHeight;
  const ow = p.outWidth;
  const n = p.outChannels;
  const th = p.tilesHigh;
  const tw = p.tilesWide;
  const first = p.firstTile;
  const m = p.tileSize;
  const from = chunk * p.tilesPerChunk;
  const to = min(p.tiles, from + p.tilesPerChunk);
  const bias = p.bias;
  const act = p.activation;
  const alpha = p.alpha;
  const way = p.scheme;
  const step = p.step;
  const nextPhase = <usize>p.positions * xi;
  const phases = p.phasesLength;
  const pixel = <usize>n * 4;
  const column = <usize>step * pixel;
  const row = <usize>ow * column;
  for (let t = from; t < to; t++) {
    const tile = first + t;
    const line = tile / tw;
    let source = p.m + <usize>t * ld;
    for (let i = 0; i < phases; i++) {
      const phase = recordAt<TilePhase>(p.phases, i);
      const y = (line % th) * m * step + phase.oy;
      const x = (tile % tw) * m * step + phase.ox;
      const rows = (oh - y + step - 1) / step;
      const columns = (ow - x + step - 1) / step;
      const out = p.out + <usize>((line / th * oh + y) * ow + x) * pixel;
      output(way, source, xi, out, row, column, rows, columns, n, bias, act, alpha);
      source += nextPhase;
    }
  }
}
