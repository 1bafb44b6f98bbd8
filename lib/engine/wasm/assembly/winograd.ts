// Winograd convolution in super-blocks of tiles that fit the cache:
//   V = transformed input [xi][tile][k], U = transformed filter [xi][panel][k][16],
//   forward and input gradient: M[xi] = V[xi] U[xi], then the output transform;
//   filter gradient: dU[xi] += V[xi]^T D[xi] with D the spread output gradient.
// xi runs over the positions of the transform domain, for each phase of the output.
import { rank12, rank16, rank4, rank8, strip12, strip16, strip4, strip8 } from "./micro";

/** Bytes between the matrices of two positions xi, so that they do not share cache sets. */
export const XI_PAD: usize = 192;

/**
 * M[xi] = V[xi] U[xi]. Words: V, U, M, rows (a multiple of 6), k, panels, tiles of 6 per block,
 * blocks, groups, panels per group, n. Chunk = (xi, row block, panel group).
 */
export function winoGemmChunk(p: usize, chunk: i32): void {
  const rows = load<i32>(p, 12);
  const k = load<i32>(p, 16);
  const panels = load<i32>(p, 20);
  const per = load<i32>(p, 24);
  const blocks = load<i32>(p, 28);
  const groups = load<i32>(p, 32);
  const groupPanels = load<i32>(p, 36);
  const group = chunk % groups;
  const block = (chunk / groups) % blocks;
  const xi = chunk / groups / blocks;
  const first = block * per;
  const last = min(rows / 6, first + per);
  const vRow = <usize>k * 4;
  const mRow = <usize>panels * 64;
  const v = load<usize>(p) + <usize>xi * (<usize>rows * vRow + XI_PAD);
  const m = load<usize>(p, 8) + <usize>xi * (<usize>rows * mRow + XI_PAD);
  const u = load<usize>(p, 4) + <usize>xi * (<usize>(panels * k) * 64 + XI_PAD);
  const to = min(panels, group * groupPanels + groupPanels);
  const count = min(rows, last * 6) - first * 6;
  for (let panel = group * groupPanels; panel < to; panel++) {
    const b = u + <usize>(panel * k) * 64;
    const width = load<i32>(p, 40) - panel * 16;
    const a = v + <usize>(first * 6) * vRow;
    const o = m + <usize>(first * 6) * mRow + <usize>panel * 64;
    if (width > 12) strip16(a, vRow, count, b, k, o, mRow, 0, 0, 0);
    else if (width > 8) strip12(a, vRow, count, b, k, o, mRow, 0, 0, 0);
    else if (width > 4) strip8(a, vRow, count, b, k, o, mRow, 0, 0, 0);
    else strip4(a, vRow, count, b, k, o, mRow, 0, 0, 0);
  }
}

/**
 * dU[xi] (+)= V[xi]^T D[xi]. Words: V, D, dU, rows (stride), tiles, k, panels, groups, panels per
 * group, fresh, n. Chunk = (xi, panel group).
 */
export function winoRankChunk(p: usize, chunk: i32, scratch: usize): void {
  const rows = load<i32>(p, 12);
  const count = load<i32>(p, 16);
  const k = load<i32>(p, 20);
  const panels = load<i32>(p, 24);
  const groups = load<i32>(p, 28);
  const groupPanels = load<i32>(p, 32);
  const group = chunk % groups;
  const xi = chunk / groups;
  const vRow = <usize>k * 4;
  const dRow = <usize>panels * 64;
  const v = load<usize>(p) + <usize>xi * (<usize>rows * vRow + XI_PAD);
  const d = load<usize>(p, 4) + <usize>xi * (<usize>rows * dRow + XI_PAD);
  const u = load<usize>(p, 8) + <usize>xi * (<usize>k * dRow + XI_PAD);
  const last = min(panels, group * groupPanels + groupPanels);
  let fresh = load<i32>(p, 36);
  for (let from = 0; from < count; from += 128) {
    const live = min(128, count - from);
    for (let i = 0; i < live; i++) {
      store<usize>(scratch + <usize>i * 8, v + <usize>(from + i) * vRow);
      store<usize>(scratch + <usize>i * 8, d + <usize>(from + i) * dRow, 4);
    }
    for (let panel = group * groupPanels; panel < last; panel++) {
      const column = <usize>panel * 64;
      const width = load<i32>(p, 40) - panel * 16;
      for (let i = 0; i < k; i += 6) {
        const start = min(i, k - 6);
        const skip = i - start;
        const a = <usize>start * 4;
        const o = u + <usize>i * dRow + column;
        if (width > 12) rank16(scratch, live, a, column, o, dRow, skip, 6 - skip, fresh);
        else if (width > 8) rank12(scratch, live, a, column, o, dRow, skip, 6 - skip, fresh);
        else if (width > 4) rank8(scratch, live, a, column, o, dRow, skip, 6 - skip, fresh);
        else rank4(scratch, live, a, column, o, dRow, skip, 6 - skip, fresh);
      }
    }
    fresh = 0;
  }
}
