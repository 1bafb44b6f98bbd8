/**
 * Text of the unrolled Winograd transforms F(2x2, 3x3) and F(4x4, 3x3), four channels at a time.
 *
 * F(4x4) interpolates at 0, ±a, ±b and infinity. a² = 1/2 and b² = 2 keep the constants of the
 * transforms near 1, which halves the rounding error of the textbook's 1 and 2.
 *
 * @module
 */

type Transform = (from: string[]) => string[];
const A = Math.SQRT1_2;
const B = Math.SQRT2;

function constant(value: number): string {
  return `f32x4.splat(${Math.fround(value)})`;
}
function add(x: string, y: string): string {
  return `f32x4.add(${x}, ${y})`;
}
function sub(x: string, y: string): string {
  return `f32x4.sub(${x}, ${y})`;
}
function mul(x: string, factor: number): string {
  return factor === 1 ? x : `f32x4.mul(${x}, ${constant(factor)})`;
}

/** The one-dimensional transforms of one tile size. */
interface Scheme {
  /** Outputs per tile and axis. */
  m: number;
  /** Input values (m + 2) to the transform domain. */
  input: Transform;
  /** Filter values (3) to it. */
  filter: Transform;
  /** From it to outputs (m). */
  output: Transform;
  /** Transpose of `output`: output gradients to the transform domain. */
  spread: Transform;
  /** Transpose of `filter`: from it to filter gradients. */
  collect: Transform;
}

const F2: Scheme = {
  m: 2,
  input: ([d0, d1, d2, d3]) => [sub(d0!, d2!), add(d1!, d2!), sub(d2!, d1!), sub(d3!, d1!)],
  filter: ([g0, g1, g2]) => [
    g0!,
    mul(add(add(g0!, g2!), g1!), 0.5),
    mul(sub(add(g0!, g2!), g1!), 0.5),
    g2!,
  ],
  output: ([m0, m1, m2, m3]) => [add(m0!, add(m1!, m2!)), add(sub(m1!, m2!), m3!)],
  spread: ([y0, y1]) => [y0!, add(y0!, y1!), sub(y0!, y1!), y1!],
  collect: ([u0, u1, u2, u3]) => [
    add(u0!, mul(add(u1!, u2!), 0.5)),
    mul(sub(u1!, u2!), 0.5),
    add(u3!, mul(add(u1!, u2!), 0.5)),
  ],
};

const NA = 1 / (2 * A * A * (A * A - B * B));
const NB = 1 / (2 * B * B * (B * B - A * A));
const N0 = 1 / (A * A * B * B);

const F4: Scheme = {
  m: 4,
  input: ([d0, d1, d2, d3, d4, d5]) => {
    const outer = (x: string, y: string, z: string): string =>
      add(sub(mul(x, A * A * B * B), mul(y, A * A + B * B)), z);
    const even = (s: number): string => sub(d4!, mul(d2!, s));
    const odd = (f: number, s: number): string => mul(sub(d3!, mul(d1!, s)), f);
    return [
      outer(d0!, d2!, d4!),
      add(even(B * B), odd(A, B * B)),
      sub(even(B * B), odd(A, B * B)),
      add(even(A * A), odd(B, A * A)),
      sub(even(A * A), odd(B, A * A)),
      outer(d1!, d3!, d5!),
    ];
  },
  filter: ([g0, g1, g2]) => {
    const even = (p: number, n: number): string => add(mul(g0!, n), mul(g2!, n * p * p));
    const odd = (p: number, n: number): string => mul(g1!, n * p);
    return [
      mul(g0!, N0),
      add(even(A, NA), odd(A, NA)),
      sub(even(A, NA), odd(A, NA)),
      add(even(B, NB), odd(B, NB)),
      sub(even(B, NB), odd(B, NB)),
      g2!,
    ];
  },
  output: ([m0, m1, m2, m3, m4, m5]) => {
    const sa = add(m1!, m2!), da = sub(m1!, m2!), sb = add(m3!, m4!), db = sub(m3!, m4!);
    return [
      add(m0!, add(sa, sb)),
      add(mul(da, A), mul(db, B)),
      add(mul(sa, A * A), mul(sb, B * B)),
      add(add(mul(da, A ** 3), mul(db, B ** 3)), m5!),
    ];
  },
  spread: ([y0, y1, y2, y3]) => {
    const even = (p: number): string => add(y0!, mul(y2!, p * p));
    const odd = (p: number): string => add(mul(y1!, p), mul(y3!, p ** 3));
    return [
      y0!,
      add(even(A), odd(A)),
      sub(even(A), odd(A)),
      add(even(B), odd(B)),
      sub(even(B), odd(B)),
      y3!,
    ];
  },
  collect: ([u0, u1, u2, u3, u4, u5]) => {
    const sa = mul(add(u1!, u2!), NA), da = mul(sub(u1!, u2!), NA);
    const sb = mul(add(u3!, u4!), NB), db = mul(sub(u3!, u4!), NB);
    return [
      add(mul(u0!, N0), add(sa, sb)),
      add(mul(da, A), mul(db, B)),
      add(add(mul(sa, A * A), mul(sb, B * B)), u5!),
    ];
  },
};

/** The AssemblyScript module `transforms`. */
export function winogradTransforms(): string {
  return [
    'import { activate } from "./activate";',
    ...[F2, F4].flatMap((scheme) => [
      square(`input${scheme.m}`, scheme.m + 2, scheme.m + 2, scheme.input),
      square(`filter${scheme.m}`, 3, scheme.m + 2, scheme.filter),
      square(`spread${scheme.m}`, scheme.m, scheme.m + 2, scheme.spread),
      square(`collect${scheme.m}`, scheme.m + 2, 3, scheme.collect),
      output(scheme),
    ]),
  ].join("\n");
}

/** Both axes of a transform: lines that leave `n x n` values in `v<i>_<j>`. */
function bothAxes(size: number, n: number, transform: Transform): string[] {
  const lines: string[] = [];
  for (let j = 0; j < size; j++) {
    for (let i = 0; i < size; i++) {
      lines.push(`    s${i} = v128.load(from + ${i} * row + ${j} * pixel);`);
    }
    transform(range(size).map((i) => `s${i}`)).forEach((text, i) => {
      lines.push(`    let t${i}_${j} = ${text};`);
    });
  }
  for (let i = 0; i < n; i++) {
    transform(range(size).map((j) => `t${i}_${j}`)).forEach((text, j) => {
      lines.push(`    let v${i}_${j} = ${text};`);
    });
  }
  return lines;
}

function range(count: number): number[] {
  return Array.from({ length: count }, (_, i) => i);
}

/** from[i·row + j·pixel] (size x size) to to[(i·n + j)·step] (n x n), for `channels` channels. */
function square(name: string, size: number, n: number, transform: Transform): string {
  return [
    `export function ${name}(from: usize, row: usize, pixel: usize, to: usize, step: usize, channels: i32): void {`,
    `  let ${range(size).map((i) => `s${i}: v128`).join(", ")}, o: usize;`,
    "  for (let c = channels >> 2; c > 0; c--) {",
    ...bothAxes(size, n, transform),
    "    o = to;",
    ...range(n).flatMap((i) => range(n).map((j) => `    v128.store(o, v${i}_${j}); o += step;`)),
    "    from += 16;",
    "    to += 16;",
    "  }",
    "}",
  ].join("\n");
}

/** Output transform with bias and activation; rows and columns beyond the map are not stored. */
function output({ m, output }: Scheme): string {
  const size = m + 2;
  return [
    `export function output${m}(from: usize, step: usize, to: usize, toRow: usize, toPixel: usize, rows: i32, columns: i32, channels: i32, bias: usize, act: i32, alpha: f32): void {`,
    `  let ${range(size).map((i) => `s${i}: v128`).join(", ")}, b: v128;`,
    `  const row = step * ${size};`,
    "  const pixel = step;",
    "  for (let c = channels >> 2; c > 0; c--) {",
    ...bothAxes(size, m, output),
    "    b = f32x4.splat(0);",
    "    if (bias) { b = v128.load(bias); bias += 16; }",
    ...range(m).flatMap((i) => [
      `    if (rows > ${i}) {`,
      ...range(m).map((j) =>
        `      if (columns > ${j}) v128.store(to + ${i} * toRow + ${j} * toPixel, activate(f32x4.add(v${i}_${j}, b), act, alpha));`
      ),
      "    }",
    ]),
    "    from += 16;",
    "    to += 16;",
    "  }",
    "}",
  ].join("\n");
}
