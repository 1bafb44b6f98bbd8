// Layer norm over channels, a row at a time: a row stays in the first-level cache for all its passes.
import { LayerNorm, LayerNormGrad } from "./jobs";
import { sumLanes } from "./math";

/** Sum of (x - shift), or of its squares. */
function deviation(row: usize, c: i32, shift: f32, squared: bool): f32 {
  const shift4 = f32x4.splat(shift);
  let sum4 = f32x4.splat(0);
  let i = 0;
  for (; i + 4 <= c; i += 4) {
    const d = f32x4.sub(v128.load(row + <usize>i * 4), shift4);
    sum4 = f32x4.add(sum4, squared ? f32x4.mul(d, d) : d);
  }
  let sum = f32x4.extract_lane(sumLanes(sum4), 0);
  for (; i < c; i++) {
    const d = load<f32>(row + <usize>i * 4) - shift;
    sum += squared ? d * d : d;
  }
  return sum;
}

/** y = (x - mean) * inverse * gamma + beta. Chunk = some rows. */
export function layerNormChunk(p: LayerNorm, block: i32): void {
  const c = p.channels;
  const stride = <usize>c * 4;
  const first = block * p.rowsPerBlock;
  const last = min(p.rows, first + p.rowsPerBlock);
  const gamma = p.gamma;
  const beta = p.beta;
  for (let r = first; r < last; r++) {
    const x = p.x + <usize>r * stride;
    const y = p.y + <usize>r * stride;
    // Relative to the first value: sums of values far from zero lose digits.
    const x0 = load<f32>(x);
    const mean: f32 = x0 + deviation(x, c, x0, false) / <f32>c;
    const inverse: f32 = 1 / sqrt<f32>(deviation(x, c, mean, true) / <f32>c + p.eps);
    store<f32>(p.mean + <usize>r * 4, mean);
    store<f32>(p.inverse + <usize>r * 4, inverse);
    const mean4 = f32x4.splat(mean);
    const inverse4 = f32x4.splat(inverse);
    let i: usize = 0;
    for (; i + 16 <= stride; i += 16) {
      const n = f32x4.mul(f32x4.sub(v128.load(x + i), mean4), inverse4);
      v128.store(y + i, f32x4.add(f32x4.mul(n, v128.load(gamma + i)), v128.load(beta + i)));
    }
    for (; i < stride; i += 4) {
      const n: f32 = (load<f32>(x + i) - mean) * inverse;
      store<f32>(y + i, n * load<f32>(gamma + i) + load<f32>(beta + i));
    }
  }
}

/**
 * dx = (g - mean(g) - n mean(g n)) * inverse with g = dy gamma and n the normalised x; and the block's
 * sums of dy n and dy, to partials[block][2][c]. Chunk = some rows.
 */
export function layerNormGradChunk(p: LayerNormGrad, block: i32): void {
  const c = p.channels;
  const stride = <usize>c * 4;
  const first = block * p.rowsPerBlock;
  const last = min(p.rows, first + p.rowsPerBlock);
  const gamma = p.gamma;
  const dgamma = p.partials + <usize>block * stride * 2;
  const dbeta = dgamma + stride;
  memory.fill(dgamma, 0, stride * 2);
  for (let r = first; r < last; r++) {
    const x = p.x + <usize>r * stride;
    const dy = p.dy + <usize>r * stride;
    const dx = p.dx + <usize>r * stride;
    const mean = load<f32>(p.mean + <usize>r * 4);
    const inverse = load<f32>(p.inverse + <usize>r * 4);
    const mean4 = f32x4.splat(mean);
    const inverse4 = f32x4.splat(inverse);
    let sum4 = f32x4.splat(0);
    let product4 = f32x4.splat(0);
    let i: usize = 0;
    for (; i + 16 <= stride; i += 16) {
      const d = v128.load(dy + i);
      const n = f32x4.mul(f32x4.sub(v128.load(x + i), mean4), inverse4);
      const dn = f32x4.mul(d, n);
      v128.store(dgamma + i, f32x4.add(v128.load(dgamma + i), dn));
      v128.store(dbeta + i, f32x4.add(v128.load(dbeta + i), d));
      const scale = v128.load(gamma + i);
      sum4 = f32x4.add(sum4, f32x4.mul(d, scale));
      product4 = f32x4.add(product4, f32x4.mul(dn, scale));
    }
    let sum = f32x4.extract_lane(sumLanes(sum4), 0);
    let product = f32x4.extract_lane(sumLanes(product4), 0);
    for (let j = i; j < stride; j += 4) {
      const d = load<f32>(dy + j);
      const dn: f32 = d * ((load<f32>(x + j) - mean) * inverse);
      store<f32>(dgamma + j, load<f32>(dgamma + j) + dn);
      store<f32>(dbeta + j, load<f32>(dbeta + j) + d);
      const scale = load<f32>(gamma + j);
      sum += d * scale;
      product += dn * scale;
    }
    sum /= <f32>c;
    product /= <f32>c;
    const sums = f32x4.splat(sum);
    const products = f32x4.splat(product);
    for (i = 0; i + 16 <= stride; i += 16) {
      const n = f32x4.mul(f32x4.sub(v128.load(x + i), mean4), inverse4);
      const g = f32x4.mul(v128.load(dy + i), v128.load(gamma + i));
      const centred = f32x4.sub(f32x4.sub(g, sums), f32x4.mul(n, products));
      v128.store(dx + i, f32x4.mul(centred, inverse4));
    }
    for (; i < stride; i += 4) {
      const n: f32 = (load<f32>(x + i) - mean) * inverse;
      const g: f32 = load<f32>(dy + i) * load<f32>(gamma + i);
      store<f32>(dx + i, (g - sum - n * product) * inverse);
    }
  }
}
