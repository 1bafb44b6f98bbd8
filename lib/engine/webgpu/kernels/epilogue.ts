/** What happens to a product before it is stored: bias and activation. */

/** Activations that kernels have inside. */
export type Activation = "linear" | "relu" | "leakyrelu";

/** Whether kernels know the activation of a fused op; `undefined` is linear. */
export function isKnownActivation(name: string | null | undefined): boolean {
  return ["linear", "relu", "leakyrelu"].includes(name ?? "linear");
}

/**
 * WGSL function `finish(value: vec4<f32>, n: i32) -> vec4<f32>` for four neighbouring columns; reads
 * `bias`, `u.n` and `u.alpha`.
 */
export function epilogue(
  { activation, bias }: { activation: Activation; bias: boolean },
): string {
  const values: Record<Activation, string> = {
    linear: "v",
    relu: "max(v, vec4<f32>())",
    leakyrelu: "select(u.alpha * v, v, v > vec4<f32>())",
  };
  const biases = [0, 1, 2, 3].map((e) => `bias[min(n + ${e}, u.n - 1)]`).join(", ");
  return `
fn finish(value: vec4<f32>, n: i32) -> vec4<f32> {
  let v = value${bias ? ` + vec4<f32>(${biases})` : ""};
  return ${values[activation]};
}`;
}

/**
 * WGSL that writes the vector `r` at element `at` of an array, which is of vectors where `four`;
 * else what lies past the last column is left out.
 *
 * @param options `columns`: the number of columns in WGSL; `n` is the column of the first element.
 */
export function storeVector(
  name: string,
  { four, columns = "u.n" }: { four: boolean; columns?: string },
): string {
  if (four) return `${name}[at / 4] = r;`;
  return [0, 1, 2, 3].map((e) => `if (n + ${e} < ${columns}) { ${name}[at + ${e}] = r[${e}]; }`)
    .join("\n  ");
}
