/** Activation of an epilogue: 0 none, 1 ReLU, 2 ReLU6, 3 leaky ReLU. */
export function activate(v: v128, act: i32, alpha: f32): v128 {
  const zero = f32x4.splat(0);
  if (act == 0) return v;
  if (act == 1) return f32x4.max(v, zero);
  if (act == 2) return f32x4.min(f32x4.max(v, zero), f32x4.splat(6));
  return v128.bitselect(f32x4.mul(v, f32x4.splat(alpha)), v, f32x4.lt(v, zero));
}

/** Adds the bias, if there is one, to the values of one pixel and applies the activation. */
export function finish(out: usize, bytes: usize, bias: usize, act: i32, alpha: f32): void {
  let at: usize = 0;
  for (; at + 16 <= bytes; at += 16) {
    let v = v128.load(out + at);
    if (bias) v = f32x4.add(v, v128.load(bias + at));
    v128.store(out + at, activate(v, act, alpha));
  }
  for (; at < bytes; at += 4) {
    let v = v128.load32_zero(out + at);
    if (bias) v = f32x4.add(v, v128.load32_zero(bias + at));
    v128.store32_lane(out + at, activate(v, act, alpha), 0);
  }
}
