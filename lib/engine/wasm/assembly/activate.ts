/** Activation of an epilogue: 0 none, 1 ReLU, 2 ReLU6, 3 leaky ReLU. */
export function activate(v: v128, act: i32, alpha: f32): v128 {
  const zero = f32x4.splat(0);
  if (act == 0) return v;
  if (act == 1) return f32x4.max(v, zero);
  if (act == 2) return f32x4.min(f32x4.max(v, zero), f32x4.splat(6));
  return v128.bitselect(f32x4.mul(v, f32x4.splat(alpha)), v, f32x4.lt(v, zero));
}
