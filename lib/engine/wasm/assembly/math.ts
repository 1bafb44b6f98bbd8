// exp and log without tables or imports, so bit-identical in every engine, and sums over lanes.

/** e^x per lane, relative error below 2e-7; 0 below -87, infinity above 88.7. */
export function exp4(x: v128): v128 {
  const low = f32x4.lt(x, f32x4.splat(-87.0));
  const high = f32x4.gt(x, f32x4.splat(88.7));
  const n = f32x4.nearest(f32x4.mul(x, f32x4.splat(1.44269504)));
  // ln 2 in two parts, the first exact in products with n.
  let r = f32x4.sub(x, f32x4.mul(n, f32x4.splat(0.693359375)));
  r = f32x4.sub(r, f32x4.mul(n, f32x4.splat(-2.12194440e-4)));
  let y = f32x4.splat(1.9875691500e-4);
  y = f32x4.add(f32x4.mul(y, r), f32x4.splat(1.3981999507e-3));
  y = f32x4.add(f32x4.mul(y, r), f32x4.splat(8.3334519073e-3));
  y = f32x4.add(f32x4.mul(y, r), f32x4.splat(4.1665795894e-2));
  y = f32x4.add(f32x4.mul(y, r), f32x4.splat(1.6666665459e-1));
  y = f32x4.add(f32x4.mul(y, r), f32x4.splat(5.0000001201e-1));
  y = f32x4.add(f32x4.mul(y, f32x4.mul(r, r)), f32x4.add(r, f32x4.splat(1)));
  const power = i32x4.shl(i32x4.add(i32x4.trunc_sat_f32x4_s(n), i32x4.splat(127)), 23);
  y = f32x4.mul(y, power);
  y = v128.bitselect(f32x4.splat(0), y, low);
  return v128.bitselect(f32x4.splat(Infinity), y, high);
}

/** Natural logarithm of a positive finite value, relative error below 1e-13. */
export function log64(x: f64): f64 {
  if (!(x > 0) || x == Infinity) return x == 0 ? -Infinity : x == Infinity ? x : NaN;
  const bits = reinterpret<i64>(x);
  let exponent = <f64>(((bits >> 52) & 0x7ff) - 1023);
  let m = reinterpret<f64>((bits & 0x000fffffffffffff) | 0x3ff0000000000000);
  if (m > 1.4142135623730951) {
    m *= 0.5;
    exponent += 1;
  }
  const s = (m - 1) / (m + 1);
  const q = s * s;
  let sum: f64 = 0;
  for (let k = 19; k >= 1; k -= 2) sum = sum * q + 1.0 / <f64>k;
  return exponent * 0.6931471805599453 + 2 * s * sum;
}

/** Sum of the lanes, in every lane. */
export function sumLanes(x: v128): v128 {
  const y = f32x4.add(x, v128.shuffle<f32>(x, x, 2, 3, 0, 1));
  return f32x4.add(y, v128.shuffle<f32>(y, y, 1, 0, 3, 2));
}

/** Largest of the lanes, in every lane. */
export function maxLanes(x: v128): v128 {
  const y = f32x4.max(x, v128.shuffle<f32>(x, x, 2, 3, 0, 1));
  return f32x4.max(y, v128.shuffle<f32>(y, y, 1, 0, 3, 2));
}
