// Matrix products of matrices that lie anywhere: the rows of one operand are packed into panels.
import { MatMul } from "./jobs";
import { rank16, rank12, rank8, rank4, strip16, strip12, strip8, strip4 } from "./micro";
import { packRows, packTransposed } from "./pack";

const MR: i32 = 6;
const BLOCK: i32 = 128; // rows whose operands stay in the first-level cache

/** Panels of the columns of a matrix: to[panel][rows][16]. */
export function packColumns(matrix: usize, rows: i32, columns: i32, ld: i32, to: usize): void {
  for (let column = 0; column < columns; column += 16) {
    to = packRows(matrix, rows, ld, column, min(16, columns - column), to);
  }
}

/** Panels of the rows of a matrix as columns: to[panel][columns][16]. */
export function packTransposedPanels(matrix: usize, rows: i32, columns: i32, ld: i32, to: usize): void {
  for (let row = 0; row < rows; row += 16) {
    to = packTransposed(matrix, columns, ld, row, min(16, rows - row), to);
  }
}

/** out[rows][columns] = activation(a[rows][k] · packed panels + bias); a ragged panel goes through `spare`. */
export function product(
  a: usize, lda: usize, rows: i32, packed: usize, k: i32, columns: i32, out: usize, ldo: usize,
  spare: usize, bias: usize, act: i32, alpha: f32,
): void {
  for (let column = 0; column < columns; column += 16) {
    const width = min(16, columns - column);
    const to = out + <usize>column * 4;
    const direct = (width & 3) == 0;
    const o = direct ? to : spare;
    const l = direct ? ldo : 64;
    const b = bias ? bias + <usize>column * 4 : 0;
    if (width > 12) strip16(a, lda, rows, packed, k, o, l, b, act, alpha);
    else if (width > 8) strip12(a, lda, rows, packed, k, o, l, b, act, alpha);
    else if (width > 4) strip8(a, lda, rows, packed, k, o, l, b, act, alpha);
    else strip4(a, lda, rows, packed, k, o, l, b, act, alpha);
    if (!direct) {
      for (let r = 0; r < rows; r++) {
        const row = to + <usize>r * ldo;
        for (let i: usize = 0; i < <usize>width * 4; i += 4) {
          store<f32>(row + i, load<f32>(spare + <usize>r * 64 + i));
        }
      }
    }
    packed += <usize>k * 64;
  }
}

/**
 * out[i][j] += Σ over rows of a[row][first + i] · b[row][j], i < m, j < n, by the pointers of `pairs`. The
 * rows of a are read up to the next multiple of six; those of out have whole vectors.
 */
export function addTransposed(
  pairs: usize, rows: i32, first: i32, m: i32, n: i32, out: usize, ld: usize, fresh: i32,
): void {
  for (let column = 0; column < n; column += 16) {
    const width = min(16, n - column);
    const at = <usize>column * 4;
    for (let i = 0; i < m; i += MR) {
      const live = min(MR, m - i);
      const a = <usize>(first + i) * 4;
      const o = out + <usize>i * ld + at;
      if (width > 12) rank16(pairs, rows, a, at, o, ld, 0, live, fresh);
      else if (width > 8) rank12(pairs, rows, a, at, o, ld, 0, live, fresh);
      else if (width > 4) rank8(pairs, rows, a, at, o, ld, 0, live, fresh);
      else rank4(pairs, rows, a, at, o, ld, 0, live, fresh);
    }
  }
}

/** Pairs of row pointers. */
export function pair(pairs: usize, rows: i32, a: usize, stepA: usize, b: usize, stepB: usize): void {
  for (let r = 0; r < rows; r++) {
    store<usize>(pairs, a);
    store<usize>(pairs, b, 4);
    pairs += 8;
    a += stepA;
    b += stepB;
  }
}

/** Chunk = a matrix b: its columns to packed[batch][panel][k][16]. */
export function matMulPackChunk(p: MatMul, chunk: i32): void {
  const b = p.b + <usize>chunk * <usize>p.strideB * 4;
  const to = p.packed + <usize>chunk * <usize>p.packedStride;
  if (p.transposed) packTransposedPanels(b, p.n, p.k, p.k, to);
  else packColumns(b, p.k, p.n, p.n, to);
}

/** Chunk = (batch, block of rows): out = activation(a · b + bias). */
export function matMulChunk(p: MatMul, chunk: i32, scratch: usize): void {
  const batch = chunk / p.blocks;
  const first = (chunk % p.blocks) * p.rowsPerBlock;
  const rows = min(p.rowsPerBlock, p.m - first);
  const a = p.a + (<usize>batch * <usize>p.strideA + <usize>first * <usize>p.k) * 4;
  const out = p.out + <usize>(batch * p.m + first) * <usize>p.n * 4;
  const packed = p.packed + (p.strideB ? <usize>batch * <usize>p.packedStride : 0);
  const ldo = <usize>p.n * 4;
  product(
    a, <usize>p.k * 4, rows, packed, p.k, p.n, out, ldo, scratch, p.bias, p.activation, p.alpha,
  );
}

/** Chunk = (batch, block of rows of out): out = aᵀ · b, rows of whole vectors. */
export function matMulTransposedChunk(p: MatMul, chunk: i32, scratch: usize): void {
  const batch = chunk / p.blocks;
  const first = (chunk % p.blocks) * p.rowsPerBlock;
  const rows = min(p.rowsPerBlock, p.m - first);
  const lda = <usize>p.m * 4;
  const ldb = <usize>p.n * 4;
  const ld = <usize>((p.n + 3) & ~3) * 4;
  let a = p.a + <usize>batch * <usize>p.strideA * 4;
  let b = p.b + <usize>batch * <usize>p.strideB * 4;
  const out = p.out + <usize>(batch * p.m + first) * ld;
  for (let k = 0; k < p.k; k += BLOCK) {
    const count = min(BLOCK, p.k - k);
    pair(scratch, count, a, lda, b, ldb);
    addTransposed(scratch, count, first, rows, p.n, out, ld, k == 0 ? 1 : 0);
    a += <usize>count * lda;
    b += <usize>count * ldb;
  }
}
