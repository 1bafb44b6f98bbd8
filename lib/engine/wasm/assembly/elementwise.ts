// Ops on whole tensors, value by value, and the epilogue of the convolutions.
import { Activation, ElementOp, Elementwise } from "./jobs";

/** Activation of an epilogue. */
export function activate(v: v128, act: i32, alpha: f32): v128 {
  const zero = f32x4.splat(0);
  if (act == Activation.linear) return v;
  if (act == Activation.relu) return f32x4.max(v, zero);
  if (act == Activation.relu6) return f32x4.min(f32x4.max(v, zero), f32x4.splat(6));
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

/**
 * One op on tensors of one size, up to four of them:
 *   leakyRelu      a -> b
 *   leakyReluGrad  x in a, dy in b -> c
 *   sgd            weight a, velocity b, gradient c -> a, b
 *   adam           weight a, moments b and c, gradient d -> a, b, c
 *   movingAverage  average a, batch b -> a
 * Vector body and scalar tail do the same operations, so are bit-identical.
 */
export function elementwiseChunk(p: Elementwise, chunk: i32, scratch: usize): void {
  const op = p.op;
  const from = chunk * p.perChunk;
  const n = min(p.perChunk, p.count - from);
  const at = <usize>from * 4;
  const a = p.a + at;
  const b = p.b + at;
  const c = p.c + at;
  const d = p.d + at;
  const whole = n & ~3;
  for (let i = 0; i < whole; i += 4) {
    const o = <usize>i * 4;
    step(p, a + o, b + o, c + o, d + o);
  }
  if (whole == n) return;
  // The tail goes through the vector code in a copy.
  const bytes = <usize>(n - whole) * 4;
  const o = <usize>whole * 4;
  const two = op == ElementOp.leakyRelu || op == ElementOp.movingAverage;
  memory.fill(scratch, 0, 64);
  memory.copy(scratch, a + o, bytes);
  memory.copy(scratch + 16, b + o, bytes);
  if (!two) memory.copy(scratch + 32, c + o, bytes);
  if (op == ElementOp.adam) memory.copy(scratch + 48, d + o, bytes);
  step(p, scratch, scratch + 16, scratch + 32, scratch + 48);
  if (op == ElementOp.leakyRelu) memory.copy(b + o, scratch + 16, bytes);
  else if (op == ElementOp.leakyReluGrad) memory.copy(c + o, scratch + 32, bytes);
  else {
    memory.copy(a + o, scratch, bytes);
    if (op != ElementOp.movingAverage) memory.copy(b + o, scratch + 16, bytes);
    if (op == ElementOp.adam) memory.copy(c + o, scratch + 32, bytes);
  }
}

/** Four values of one op. */
function step(p: Elementwise, a: usize, b: usize, c: usize, d: usize): void {
  const op = p.op;
  if (op == ElementOp.leakyRelu) {
    const x = v128.load(a);
    const low = f32x4.mul(x, f32x4.splat(p.alpha));
    v128.store(b, v128.bitselect(low, x, f32x4.lt(x, f32x4.splat(0))));
  } else if (op == ElementOp.leakyReluGrad) {
    const dy = v128.load(b);
    const positive = f32x4.gt(v128.load(a), f32x4.splat(0));
    v128.store(c, v128.bitselect(dy, f32x4.mul(dy, f32x4.splat(p.alpha)), positive));
  } else if (op == ElementOp.sgd) {
    const w = v128.load(a);
    const lr = f32x4.splat(p.lr);
    const momentum = f32x4.splat(p.momentum);
    const decay = f32x4.mul(f32x4.splat(p.l2), w);
    const decoupled = p.decoupled;
    let g = v128.load(c);
    if (!decoupled) g = f32x4.add(g, decay);
    const v = f32x4.add(f32x4.mul(momentum, v128.load(b)), g);
    const move = p.nesterov ? f32x4.add(g, f32x4.mul(momentum, v)) : v;
    let next = f32x4.sub(w, f32x4.mul(lr, move));
    if (decoupled) next = f32x4.sub(next, f32x4.mul(lr, decay));
    v128.store(b, v);
    v128.store(a, next);
  } else if (op == ElementOp.movingAverage) {
    const old = v128.load(a);
    v128.store(a, f32x4.add(old, f32x4.mul(f32x4.splat(p.rate), f32x4.sub(v128.load(b), old))));
  } else {
    const one = f32x4.splat(1);
    const g = v128.load(d);
    const b1 = f32x4.splat(p.beta1);
    const b2 = f32x4.splat(p.beta2);
    const m = f32x4.add(f32x4.mul(b1, v128.load(b)), f32x4.mul(f32x4.sub(one, b1), g));
    const v = f32x4.add(
      f32x4.mul(b2, v128.load(c)),
      f32x4.mul(f32x4.mul(f32x4.sub(one, b2), g), g),
    );
    const root = f32x4.sqrt(f32x4.mul(v, f32x4.splat(p.correction2)));
    const mean = f32x4.mul(m, f32x4.splat(p.correction1));
    const move = f32x4.div(mean, f32x4.add(root, f32x4.splat(p.eps)));
    v128.store(b, m);
    v128.store(c, v);
    v128.store(a, f32x4.sub(v128.load(a), f32x4.mul(f32x4.splat(p.lr), move)));
  }
}
