/**
 * The one-dimensional Winograd transforms F(m, r): m outputs of an r-tap filter from m + r - 1
 * products. Values are texts of AssemblyScript expressions.
 *
 * F(2, 3) and F(3, 2) interpolate at 0, ±1 and infinity; F(4, 3) at 0, ±√½, ±√2 and infinity;
 * F(4, 2) at ±½, ±5/4 and infinity. The latter two keep the constants of the transforms near 1,
 * whose rounding error is at most half that of the textbook's 0, 1, 2.
 *
 * @module
 */

/** A linear map of some values to others. */
export type Transform = (from: string[]) => string[];

/** The transforms of one tile size and filter length. */
export interface Scheme {
  /** Outputs per tile and axis. */
  m: number;
  /** Taps of the filter per axis. */
  r: number;
  /** Input values (m + r - 1) to the transform domain, of the same size. */
  input: Transform;
  /** Filter values (r) to it. */
  filter: Transform;
  /** From it to outputs (m). */
  output: Transform;
  /** Transpose of `output`: output gradients to the transform domain. */
  spread: Transform;
  /** Transpose of `filter`: from it to filter gradients. */
  collect: Transform;
}

function add(x: string, y: string): string {
  return `f32x4.add(${x}, ${y})`;
}
function sub(x: string, y: string): string {
  return `f32x4.sub(${x}, ${y})`;
}
function mul(x: string, factor: number): string {
  return factor === 1 ? x : `f32x4.mul(${x}, f32x4.splat(${Math.fround(factor)}))`;
}

/** F(2, 3). */
const F23: Scheme = {
  m: 2,
  r: 3,
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

/** F(3, 2): the points of F(2, 3), so the same input transform. */
const F32: Scheme = {
  m: 3,
  r: 2,
  input: F23.input,
  filter: ([g0, g1]) => [g0!, mul(add(g0!, g1!), 0.5), mul(sub(g0!, g1!), 0.5), g1!],
  output: ([m0, m1, m2, m3]) => {
    const s = add(m1!, m2!);
    return [add(m0!, s), sub(m1!, m2!), add(s, m3!)];
  },
  spread: ([y0, y1, y2]) => {
    const s = add(y0!, y2!);
    return [y0!, add(s, y1!), sub(s, y1!), y2!];
  },
  collect: ([u0, u1, u2, u3]) => [
    add(u0!, mul(add(u1!, u2!), 0.5)),
    add(u3!, mul(sub(u1!, u2!), 0.5)),
  ],
};

/** F(4, 3). */
const F43: Scheme = symmetricF43(Math.SQRT1_2, Math.SQRT2);

function symmetricF43(a: number, b: number): Scheme {
  const na = 1 / (2 * a * a * (a * a - b * b));
  const nb = 1 / (2 * b * b * (b * b - a * a));
  const n0 = 1 / (a * a * b * b);
  return {
    m: 4,
    r: 3,
    input: ([d0, d1, d2, d3, d4, d5]) => {
      const outer = (x: string, y: string, z: string): string =>
        add(sub(mul(x, a * a * b * b), mul(y, a * a + b * b)), z);
      const even = (s: number): string => sub(d4!, mul(d2!, s));
      const odd = (f: number, s: number): string => mul(sub(d3!, mul(d1!, s)), f);
      return [
        outer(d0!, d2!, d4!),
        add(even(b * b), odd(a, b * b)),
        sub(even(b * b), odd(a, b * b)),
        add(even(a * a), odd(b, a * a)),
        sub(even(a * a), odd(b, a * a)),
        outer(d1!, d3!, d5!),
      ];
    },
    filter: ([g0, g1, g2]) => {
      const even = (p: number, n: number): string => add(mul(g0!, n), mul(g2!, n * p * p));
      const odd = (p: number, n: number): string => mul(g1!, n * p);
      return [
        mul(g0!, n0),
        add(even(a, na), odd(a, na)),
        sub(even(a, na), odd(a, na)),
        add(even(b, nb), odd(b, nb)),
        sub(even(b, nb), odd(b, nb)),
        g2!,
      ];
    },
    output: ([m0, m1, m2, m3, m4, m5]) => {
      const sa = add(m1!, m2!), da = sub(m1!, m2!), sb = add(m3!, m4!), db = sub(m3!, m4!);
      return [
        add(m0!, add(sa, sb)),
        add(mul(da, a), mul(db, b)),
        add(mul(sa, a * a), mul(sb, b * b)),
        add(add(mul(da, a ** 3), mul(db, b ** 3)), m5!),
      ];
    },
    spread: ([y0, y1, y2, y3]) => {
      const even = (p: number): string => add(y0!, mul(y2!, p * p));
      const odd = (p: number): string => add(mul(y1!, p), mul(y3!, p ** 3));
      return [
        y0!,
        add(even(a), odd(a)),
        sub(even(a), odd(a)),
        add(even(b), odd(b)),
        sub(even(b), odd(b)),
        y3!,
      ];
    },
    collect: ([u0, u1, u2, u3, u4, u5]) => {
      const sa = mul(add(u1!, u2!), na), da = mul(sub(u1!, u2!), na);
      const sb = mul(add(u3!, u4!), nb), db = mul(sub(u3!, u4!), nb);
      return [
        add(mul(u0!, n0), add(sa, sb)),
        add(mul(da, a), mul(db, b)),
        add(add(mul(sa, a * a), mul(sb, b * b)), u5!),
      ];
    },
  };
}

/** F(4, 2). Without the point 0 each transform splits into an even and an odd part. */
const F42: Scheme = symmetricF42(1 / 2, 5 / 4);

function symmetricF42(a: number, b: number): Scheme {
  const na = 1 / (2 * a * (a * a - b * b));
  const nb = 1 / (2 * b * (b * b - a * a));
  return {
    m: 4,
    r: 2,
    input: ([d0, d1, d2, d3, d4]) => {
      const less = (x: string, y: string, p: number): string => sub(x, mul(y, p * p));
      const [f0, f1] = [mul(less(d2!, d0!, b), a), less(d3!, d1!, b)];
      const [g0, g1] = [mul(less(d2!, d0!, a), b), less(d3!, d1!, a)];
      const last = sub(less(d4!, d2!, b), mul(less(d2!, d0!, b), a * a));
      return [add(f0, f1), sub(f0, f1), add(g0, g1), sub(g0, g1), last];
    },
    filter: ([g0, g1]) => {
      const pair = (p: number, n: number): string[] => {
        const [even, odd] = [mul(g0!, n), mul(g1!, n * p)];
        return [add(even, odd), sub(even, odd)];
      };
      return [...pair(a, na), ...pair(b, nb), g1!];
    },
    output: ([m0, m1, m2, m3, m4]) => {
      const sa = add(m0!, m1!), da = sub(m0!, m1!), sb = add(m2!, m3!), db = sub(m2!, m3!);
      return [
        add(sa, sb),
        add(mul(da, a), mul(db, b)),
        add(mul(sa, a * a), mul(sb, b * b)),
        add(add(mul(da, a ** 3), mul(db, b ** 3)), m4!),
      ];
    },
    spread: ([y0, y1, y2, y3]) => {
      const pair = (p: number): string[] => {
        const even = add(y0!, mul(y2!, p * p));
        const odd = add(mul(y1!, p), mul(y3!, p ** 3));
        return [add(even, odd), sub(even, odd)];
      };
      return [...pair(a), ...pair(b), y3!];
    },
    collect: ([u0, u1, u2, u3, u4]) => [
      add(mul(add(u0!, u1!), na), mul(add(u2!, u3!), nb)),
      add(add(mul(sub(u0!, u1!), na * a), mul(sub(u2!, u3!), nb * b)), u4!),
    ],
  };
}

/** All schemes of the engine. */
export const SCHEMES: readonly Scheme[] = [F23, F43, F32, F42];
