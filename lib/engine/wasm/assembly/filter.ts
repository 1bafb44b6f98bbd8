// Filter gradient: dW[tap][k][n] = sum over pixels m of x[pointer(m, tap) + k] * dy[m][n].
//
// Chunk = (slice of the pixels, tap, panel group). Slices are a function of the shape alone and
// their partial sums are added in order, so the bits do not depend on the number of threads.
import { rank16, rank12, rank8, rank4 } from "./micro";
import {
  F_BATCH, F_C, F_DY, F_GROUP_PANELS, F_IH, F_IW, F_K, F_LD, F_N, F_OH, F_OUT, F_OW,
  F_PANEL_GROUPS, F_RESULT, F_SLICES, F_SLICE_PIXELS, F_SX, F_SY, F_TAPS, F_TAP_TABLE, F_X,
  TAP_SIZE,
} from "./layout";

const MR: i32 = 6;
const BLOCK: i32 = 128; // pixels whose operands stay in the first-level cache

export function filterChunk(p: usize, chunk: i32, scratch: usize): void {
  const groups = load<i32>(p, F_PANEL_GROUPS);
  const taps = load<i32>(p, F_TAPS);
  const group = chunk % groups;
  const tap = (chunk / groups) % taps;
  const slice = chunk / groups / taps;

  const n = load<i32>(p, F_N);
  const ld = load<i32>(p, F_LD);
  const k = load<i32>(p, F_K);
  const c = load<i32>(p, F_C);
  const oh = load<i32>(p, F_OH);
  const ow = load<i32>(p, F_OW);
  const ih = load<i32>(p, F_IH);
  const iw = load<i32>(p, F_IW);
  const sy = load<i32>(p, F_SY);
  const sx = load<i32>(p, F_SX);
  const x = load<usize>(p, F_X);
  const dyBase = load<usize>(p, F_DY);
  const entry = load<usize>(p, F_TAP_TABLE) + <usize>tap * TAP_SIZE;
  const dy = load<i32>(entry);
  const dx = load<i32>(entry, 4);
  const size = <usize>(taps * k * ld) * 4;
  const out = load<usize>(p, F_OUT) + <usize>slice * size + <usize>(tap * k * ld) * 4;

  const total = load<i32>(p, F_BATCH) * oh * ow;
  const from = slice * load<i32>(p, F_SLICE_PIXELS);
  const to = min(from + load<i32>(p, F_SLICE_PIXELS), total);
  const firstPanel = group * load<i32>(p, F_GROUP_PANELS);
  const lastPanel = min(firstPanel + load<i32>(p, F_GROUP_PANELS), (n + 15) / 16);

  const narrow = k < MR; // fewer rows than a tile: gather them into padded rows
  const pairs = scratch;
  const gathered = scratch + BLOCK * 8;
  let fresh = 1;
  let m = from;
  let ox = m % ow;
  let oy = (m / ow) % oh;
  let b = m / ow / oh;
  while (m < to || fresh) {
    let live = 0;
    while (m < to && live < BLOCK) {
      const iy = oy * sy + dy;
      const ix = ox * sx + dx;
      if (<u32>iy < <u32>ih && <u32>ix < <u32>iw) {
        const at = pairs + <usize>live * 8;
        const row = x + <usize>((b * ih + iy) * iw + ix) * <usize>(c * 4);
        if (narrow) {
          const copy = gathered + <usize>live * 24;
          for (let i = 0; i < MR; i++) {
            store<f32>(copy + <usize>i * 4, i < k ? load<f32>(row + <usize>i * 4) : 0);
          }
          store<usize>(at, copy);
        } else store<usize>(at, row);
        store<usize>(at, dyBase + <usize>m * <usize>(n * 4), 4);
        live++;
      }
      m++;
      if (++ox == ow) {
        ox = 0;
        if (++oy == oh) {
          oy = 0;
          b++;
        }
      }
    }
    if (live == 0 && !fresh) break;
    for (let panel = firstPanel; panel < lastPanel; panel++) {
      const column = <usize>(panel * 64);
      const width = min(16, n - panel * 16);
      for (let i = 0; i < k; i += MR) {
        // The last tile is moved back over rows already done, which it computes again; only
        // its own new rows are stored.
        const start = narrow ? 0 : min(i, k - MR);
        const skip = i - start;
        const rows = min(MR, k - start) - skip;
        const o = out + <usize>(i * ld) * 4 + column;
        const a = <usize>(start * 4);
        const l = <usize>(ld * 4);
        if (width > 12) rank16(pairs, live, a, column, o, l, skip, rows, fresh);
        else if (width > 8) rank12(pairs, live, a, column, o, l, skip, rows, fresh);
        else if (width > 4) rank8(pairs, live, a, column, o, l, skip, rows, fresh);
        else rank4(pairs, live, a, column, o, l, skip, rows, fresh);
      }
    }
    fresh = 0;
  }
}
