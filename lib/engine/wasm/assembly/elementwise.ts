// Ops on whole tensors, value by value. Words: op, count, per chunk (a multiple of 4), a, b, c, d,
// then floats from +28. Vector body and scalar tail do the same operations, so have the same bits.

/** Leaky ReLU: a -> b. Floats: alpha. */
const LEAKY_RELU: i32 = 0;
/** Its gradient: x in a, dy in b -> c. Floats: alpha. */
const LEAKY_RELU_GRAD: i32 = 1;
/** SGD: weight a, velocity b, gradient c. Floats: lr, momentum, l2, nesterov, decoupled. */
const SGD: i32 = 2;
/** Adam: weight a, m in b, v in c, gradient d. Floats: lr, beta1, beta2, eps, 1/(1-b1^t), 1/(1-b2^t). */
const ADAM: i32 = 3;
/** Moving average: moving a, batch b. Floats: 1 - momentum. */
const MOVING_AVERAGE: i32 = 4;

export function elementChunk(p: usize, chunk: i32): void {
  const op = load<i32>(p);
  const count = load<i32>(p, 4);
  const per = load<i32>(p, 8);
  const from = chunk * per;
  const n = min(per, count - from);
  const at = <usize>from * 4;
  const a = load<usize>(p, 12) + at;
  const b = load<usize>(p, 16) + at;
  const c = load<usize>(p, 20) + at;
  const d = load<usize>(p, 24) + at;
  const f = p + 28;
  const whole = n & ~3;
  for (let i = 0; i < whole; i += 4) {
    const o = <usize>i * 4;
    step(op, a + o, b + o, c + o, d + o, f);
  }
  if (whole == n) return;
  // The tail goes through the vector code in a copy behind the floats; only the
  // last chunk has one, so no two threads meet there.
  const bytes = <usize>(n - whole) * 4;
  const o = <usize>whole * 4;
  const copy = p + 64;
  const slots = op == ADAM ? 4 : op == LEAKY_RELU || op == MOVING_AVERAGE ? 2 : 3;
  for (let s = 0; s < slots; s++) {
    const slot = copy + <usize>s * 16;
    v128.store(slot, i32x4.splat(0));
    memory.copy(slot, pointer(p, s) + at + o, bytes);
  }
  step(op, copy, copy + 16, copy + 32, copy + 48, f);
  const first = op == LEAKY_RELU ? 1 : op == LEAKY_RELU_GRAD ? 2 : 0;
  const last = op == MOVING_AVERAGE ? 0 : op == LEAKY_RELU || op == SGD ? 1 : 2;
  for (let s = first; s <= last; s++) {
    memory.copy(pointer(p, s) + at + o, copy + <usize>s * 16, bytes);
  }
}

function pointer(p: usize, slot: i32): usize {
  return load<usize>(p + 12 + <usize>slot * 4);
}

function splat(f: usize, index: i32): v128 {
  return v128.load_splat<f32>(f + <usize>index * 4);
}

/** Four values of one op. */
function step(op: i32, a: usize, b: usize, c: usize, d: usize, f: usize): void {
  if (op == LEAKY_RELU) {
    const x = v128.load(a);
    v128.store(b, v128.bitselect(f32x4.mul(x, splat(f, 0)), x, f32x4.lt(x, f32x4.splat(0))));
  } else if (op == LEAKY_RELU_GRAD) {
    const dy = v128.load(b);
    const positive = f32x4.gt(v128.load(a), f32x4.splat(0));
    v128.store(c, v128.bitselect(dy, f32x4.mul(dy, splat(f, 0)), positive));
  } else if (op == SGD) {
    const w = v128.load(a);
    const lr = splat(f, 0);
    const momentum = splat(f, 1);
    const decay = f32x4.mul(splat(f, 2), w);
    const decoupled = load<f32>(f, 16) != 0;
    let g = v128.load(c);
    if (!decoupled) g = f32x4.add(g, decay);
    const v = f32x4.add(f32x4.mul(momentum, v128.load(b)), g);
    const move = load<f32>(f, 12) != 0 ? f32x4.add(g, f32x4.mul(momentum, v)) : v;
    let next = f32x4.sub(w, f32x4.mul(lr, move));
    if (decoupled) next = f32x4.sub(next, f32x4.mul(lr, decay));
    v128.store(b, v);
    v128.store(a, next);
  } else if (op == MOVING_AVERAGE) {
    const old = v128.load(a);
    v128.store(a, f32x4.add(old, f32x4.mul(splat(f, 0), f32x4.sub(v128.load(b), old))));
  } else {
    const one = f32x4.splat(1);
    const g = v128.load(d);
    const b1 = splat(f, 1);
    const b2 = splat(f, 2);
    const m = f32x4.add(f32x4.mul(b1, v128.load(b)), f32x4.mul(f32x4.sub(one, b1), g));
    const v = f32x4.add(
      f32x4.mul(b2, v128.load(c)),
      f32x4.mul(f32x4.mul(f32x4.sub(one, b2), g), g),
    );
    const root = f32x4.sqrt(f32x4.mul(v, splat(f, 5)));
    const move = f32x4.div(f32x4.mul(m, splat(f, 4)), f32x4.add(root, splat(f, 3)));
    v128.store(b, m);
    v128.store(c, v);
    v128.store(a, f32x4.sub(v128.load(a), f32x4.mul(splat(f, 0), move)));
  }
}
