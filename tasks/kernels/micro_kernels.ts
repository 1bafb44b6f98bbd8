/**
 * Text of the unrolled micro-kernels (AssemblyScript has no unrolling): `tileN` computes 6 output
 * pixels x N channels with all of K in registers, `stripN` the same for many pixels that lie one
 * after the other, `rankN` adds 6 x N of a filter gradient.
 *
 * @module
 */

const ROWS = 6;
const WIDTHS = [16, 12, 8, 4] as const;

/** The AssemblyScript module `micro`. */
export function microKernels(): string {
  return [
    'import { activate } from "./elementwise";',
    "function fma(a: v128, b: v128, c: v128): v128 {",
    "  if (ASC_FEATURE_RELAXED_SIMD) return f32x4.relaxed_madd(a, b, c);",
    "  return f32x4.add(f32x4.mul(a, b), c);",
    "}",
    ...WIDTHS.flatMap((n) => [tile(n), strip(n), rank(n)]),
  ].join("\n");
}

function each<T>(count: number, make: (i: number) => T): T[] {
  return Array.from({ length: count }, (_, i) => make(i));
}

function accumulators(vectors: number): string[] {
  return each(ROWS, (r) => each(vectors, (v) => `  let c${r}${v} = f32x4.splat(0);`).join(""))
    .flat();
}

/** Adds the products of `k` values from `a0` to `a5` and of as many rows of `w`. */
function products(vectors: number): string[] {
  const step = (k: number): string[] => [
    ...each(vectors, (v) => `      b${v} = v128.load(w, ${k * 64 + v * 16});`),
    ...each(ROWS, (r) => [
      `      a = v128.load_splat<f32>(a${r}, ${k * 4});`,
      ...each(vectors, (v) => `      c${r}${v} = fma(a, b${v}, c${r}${v});`),
    ]).flat(),
  ];
  const advance = (bytes: number): string =>
    `      w += ${bytes * 16}; ` + each(ROWS, (r) => `a${r} += ${bytes};`).join(" ");
  return [
    "    for (let i = k >> 2; i > 0; i--) {",
    ...each(4, step).flat(),
    advance(16),
    "    }",
    "    for (let i = k & 3; i > 0; i--) {",
    ...step(0),
    advance(4),
    "    }",
  ];
}

/** Bias and activation, after the store, so that V8 can use wider vectors for what comes before. */
function epilogue(vectors: number, { row, rows }: { row: string; rows: string }): string[] {
  return [
    "  if (bias || act) {",
    `    for (let r: usize = 0; r < ${rows}; r++) {`,
    `      o = ${row};`,
    `      for (let v: usize = 0; v < ${vectors * 16}; v += 16) {`,
    "        a = v128.load(o + v);",
    "        if (bias) a = f32x4.add(a, v128.load(bias + v));",
    "        v128.store(o + v, activate(a, act, alpha));",
    "      }",
    "    }",
    "  }",
  ];
}

/**
 * `count` pixels, `lda` bytes apart, to rows `ldo` bytes apart. The last pixel fills the rest of its
 * tile. Addresses that depend on the loop stay out of the inner loop's registers: V8 would keep
 * multiples of `lda` and `ldo` there (measured: 7 % at 32 channels).
 */
function strip(width: number): string {
  const vectors = width / 4;
  return [
    `export function strip${width}(from: usize, lda: usize, count: i32, packed: usize, k: i32, to: usize, ldo: usize, bias: usize, act: i32, alpha: f32): void {`,
    `  let a: v128, o: usize, ${each(vectors, (v) => `b${v}: v128`).join(", ")};`,
    `  for (; count > 0; count -= ${ROWS}) {`,
    ...accumulators(vectors),
    "    let w = packed;",
    "    const last = <usize>(count - 1);",
    ...each(ROWS, (r) => `    let a${r} = from + min<usize>(${r}, last) * lda;`),
    ...products(vectors),
    ...each(ROWS, (r) => [
      `  o = to + min<usize>(${r}, last) * ldo;`,
      ...each(vectors, (v) => `  v128.store(o, c${r}${v}, ${v * 16});`),
    ]).flat(),
    ...epilogue(vectors, { row: "to + r * ldo", rows: `min<usize>(${ROWS}, last + 1)` }),
    `  from += ${ROWS} * lda;`,
    `  to += ${ROWS} * ldo;`,
    "  }",
    "}",
  ].join("\n");
}

function tile(width: number): string {
  const vectors = width / 4;
  return [
    `export function tile${width}(entry: usize, live: i32, packed: usize, k: i32, rows: usize, bias: usize, act: i32, alpha: f32): void {`,
    ...accumulators(vectors),
    `  let a: v128, ${each(vectors, (v) => `b${v}: v128`).join(", ")};`,
    "  for (let t = 0; t < live; t++) {",
    "    let w = packed + load<usize>(entry);",
    ...each(ROWS, (r) => `    let a${r} = load<usize>(entry, ${r * 4 + 4});`),
    ...products(vectors),
    "    entry += 28;",
    "  }",
    "  let o: usize;",
    ...each(ROWS, (r) => [
      `  o = load<usize>(rows, ${r * 4});`,
      ...each(vectors, (v) => `  v128.store(o, c${r}${v}, ${v * 16});`),
    ]).flat(),
    ...epilogue(vectors, { row: "load<usize>(rows + r * 4)", rows: `${ROWS}` }),
    "}",
  ].join("\n");
}

function rank(width: number): string {
  const vectors = width / 4;
  const step = (u: number): string[] => [
    `    x = load<usize>(pair, ${u * 8}) + a; d = load<usize>(pair, ${u * 8 + 4}) + column;`,
    ...each(vectors, (v) => `    b${v} = v128.load(d, ${v * 16});`),
    ...each(ROWS, (r) => [
      `    s = v128.load_splat<f32>(x, ${r * 4});`,
      ...each(vectors, (v) => `    c${r}${v} = fma(s, b${v}, c${r}${v});`),
    ]).flat(),
  ];
  return [
    `export function rank${width}(pair: usize, live: i32, a: usize, column: usize, o: usize, ld: usize, skip: i32, rows: i32, fresh: i32): void {`,
    ...accumulators(vectors),
    `  let s: v128, x: usize, d: usize, ${each(vectors, (v) => `b${v}: v128`).join(", ")};`,
    "  for (let i = live >> 1; i > 0; i--) {",
    ...step(0),
    ...step(1),
    "    pair += 16;",
    "  }",
    "  if (live & 1) {",
    ...step(0),
    "  }",
    ...each(ROWS, (r) => [
      `  if (${r} >= skip && ${r} < skip + rows) {`,
      "    if (!fresh) {",
      ...each(vectors, (v) => `      c${r}${v} = f32x4.add(v128.load(o, ${v * 16}), c${r}${v});`),
      "    }",
      ...each(vectors, (v) => `    v128.store(o, c${r}${v}, ${v * 16});`),
      "    o += ld;",
      "  }",
    ]).flat(),
    "}",
  ].join("\n");
}
