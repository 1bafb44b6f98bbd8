/**
 * Generator of register-blocked matrix products C[m,n] = Σ_k A(m,k)·B(k,n) whose operands are
 * fetched by WGSL functions, so that convolutions are implicit products (no im2col in memory).
 *
 * A workgroup of 256 threads computes a tile of C. Tiles of A and B pass through workgroup memory;
 * the next ones are fetched into registers while the current ones are multiplied. Inner loops are
 * unrolled as text, since every loop and every computed index costs a check in Deno's shaders.
 *
 * @module
 */
import { rowPitch, type Tile, tileCols, tileRows } from "./gemm_tiles.ts";
import { type KernelTemplate, THREADS, type WgslKernel } from "./wgsl.ts";

/** One product. */
export interface GemmSpec {
  key: string;
  tile: Tile;
  /** Whether the innermost loop becomes text: fast to run, slow to compile. */
  unroll: boolean;
  uniforms: WgslKernel["uniforms"];
  reads: WgslKernel["reads"];
  writes: WgslKernel["writes"];
  /**
   * `mk`: `loadA` gives four neighbours in k; `km`: four neighbours in m.
   */
  a: "mk" | "km";
  /** `kn`: `loadB` gives four neighbours in n; `nk`: four neighbours in k. */
  b: "kn" | "nk";
  /**
   * The WGSL functions
   * - `rowA(m: u32) -> vec4<i32>` and `rowB(n: u32) -> vec4<i32>`: what is known of a row of A or
   *   a column of B before the loop over k;
   * - `stateK(k: u32) -> vec4<i32>`: what is known of a block of k;
   * - `loadA(row: vec4<i32>, state: vec4<i32>, k0: u32, k: u32) -> vec4<f32>` and `loadB` likewise:
   *   zeros outside the matrix; `state` is that of the block's first k, `k0`;
   * - `store(m: u32, n: u32, value: vec4<f32>)`: four neighbours in n, some perhaps outside.
   */
  functions: (template: KernelTemplate) => string;
  /** WGSL that sets `firstK` and `endK`, and may use `wid`. */
  range: string;
}

const XYZW = ["x", "y", "z", "w"] as const;

/** The kernel of a product. Workgroups: x over columns, y over rows, z as `range` reads it. */
export function gemmKernel(spec: GemmSpec): WgslKernel {
  return {
    key: `${spec.key}/${spec.unroll}`,
    uniforms: spec.uniforms,
    reads: spec.reads,
    writes: spec.writes,
    wgsl: (template) => ({ globals: globals(spec, template), main: main(spec) }),
  };
}

function globals({ tile, a, b, functions }: GemmSpec, template: KernelTemplate): string {
  const [bm, bn] = [tileRows(tile), tileCols(tile)];
  const sizeA = a === "mk" ? bm * rowPitch(tile) : tile.depth * bm / 4;
  const sizeB = b === "nk" ? bn * rowPitch(tile) : tile.depth * bn / 4;
  return `
var<workgroup> tileA: array<vec4<f32>, ${sizeA}>;
var<workgroup> tileB: array<vec4<f32>, ${sizeB}>;
${functions(template)}`;
}

function main(spec: GemmSpec): string {
  const { tile, range } = spec;
  const loads = [...operand(spec, "A"), ...operand(spec, "B")];
  const fetch = (k: string) =>
    `let state = stateK(${k});\n` + loads.map((l) => l.fetch(k)).join("\n");
  return `
  let m0 = wid.y * ${tileRows(tile)}u;
  let n0 = wid.x * ${tileCols(tile)}u;
  let tx = lid % ${tile.across}u;
  let ty = lid / ${tile.across}u;
  ${range}
${loads.map((l) => l.declare).join("\n")}
${accumulators(spec).map(({ name, type }) => `  var ${name} = ${type}();`).join("\n")}
  if (firstK < endK) {
    ${fetch("firstK")}
  }
  for (var k0 = firstK; k0 < endK; k0 += ${tile.depth}u) {
${loads.map((l) => l.keep).join("\n")}
    workgroupBarrier();
    if (k0 + ${tile.depth}u < endK) {
      let next = k0 + ${tile.depth}u;
      ${fetch("next")}
    }
${multiply(spec)}
    workgroupBarrier();
  }
${stores(spec)}`;
}

interface Load {
  declare: string;
  fetch(k: string): string;
  keep: string;
}

/** How a thread copies its vectors of one operand from the buffer to workgroup memory. */
function operand(spec: GemmSpec, name: "A" | "B"): Load[] {
  const { tile } = spec;
  const across = name === "A" ? tileRows(tile) : tileCols(tile);
  const alongK = name === "A" ? spec.a === "mk" : spec.b === "nk";
  const origin = name === "A" ? "m0" : "n0";
  const vectors = across * tile.depth / 4;
  return Array.from({ length: Math.ceil(vectors / THREADS) }, (_, i) => {
    const id = `${name}${i}`;
    const at = `(lid + ${i * THREADS}u)`;
    const perRow = alongK ? tile.depth / 4 : across / 4;
    const place = alongK
      ? { outer: `${at} / ${perRow}u`, k: `(${at} % ${perRow}u) * 4u` }
      : { outer: `(${at} % ${perRow}u) * 4u`, k: `${at} / ${perRow}u` };
    const row = name === "B" && alongK ? neighbours(place.outer, tile) : place.outer;
    const slot = alongK ? `(${place.outer}) * ${rowPitch(tile)}u + ${at} % ${perRow}u` : at;
    // Small tiles leave some threads without a vector.
    const partial = vectors < (i + 1) * THREADS;
    const guard = (text: string) => partial ? `if (${at} < ${vectors}u) { ${text} }` : text;
    return {
      declare: `  let row${id} = row${name}(${origin} + ${row});\n` +
        `  let k${id} = ${place.k};\n  var v${id} = vec4<f32>();`,
      fetch: (k) => `      ${guard(`v${id} = load${name}(row${id}, state, ${k}, ${k} + k${id});`)}`,
      keep: `    ${guard(`tile${name}[${slot}] = v${id};`)}`,
    };
  });
}

/**
 * Column of C whose values lie in a slot of B's tile: threads read slots `across` apart, so each gets
 * four neighbouring columns, which are stored as one vector.
 */
function neighbours(slot: string, { across }: Tile): string {
  const four = 4 * across;
  return `(${slot}) % ${across}u * 4u + (${slot}) / ${across}u % 4u + (${slot}) / ${four}u * ${four}u`;
}

/** Sums of a thread: vectors along n where B comes so, scalars otherwise. */
function accumulators({ tile, b }: GemmSpec): { name: string; type: string }[] {
  const cols = b === "kn" ? tile.cols / 4 : tile.cols;
  const type = b === "kn" ? "vec4<f32>" : "f32";
  return Array.from(
    { length: tile.rows * cols },
    (_, i) => ({ name: `c${Math.floor(i / cols)}_${i % cols}`, type }),
  );
}

/** The products of one pair of tiles. */
function multiply(spec: GemmSpec): string {
  const { tile, a, b, unroll } = spec;
  const lines = [
    `    let baseA = ${a === "mk" ? `ty * ${tile.rows * rowPitch(tile)}u` : "ty"};`,
    `    let baseB = ${b === "nk" ? `tx * ${rowPitch(tile)}u` : "tx"};`,
  ];
  const quads = tile.depth / 4;
  if (!unroll) {
    lines.push(`    for (var q = 0u; q < ${quads}u; q++) {`, multiplyFour(spec, "q"), "    }");
    return lines.join("\n");
  }
  for (let q = 0; q < quads; q++) lines.push("    {", multiplyFour(spec, `${q}u`), "    }");
  return lines.join("\n");
}

/** The products of four neighbours in k: the `q`-th four of the tiles. */
function multiplyFour({ tile, a, b }: GemmSpec, q: string): string {
  const range = (n: number) => Array.from({ length: n }, (_, i) => i);
  const lines: string[] = [];
  if (a === "mk") {
    for (const i of range(tile.rows)) {
      lines.push(`      let a${i} = tileA[baseA + ${i * rowPitch(tile)}u + ${q}];`);
    }
  }
  if (b === "nk") {
    for (const j of range(tile.cols)) {
      lines.push(`      let b${j} = tileB[baseB + ${j * tile.across * rowPitch(tile)}u + ${q}];`);
    }
    for (const i of range(tile.rows)) {
      for (const j of range(tile.cols)) lines.push(`      c${i}_${j} += dot(a${i}, b${j});`);
    }
    return lines.join("\n");
  }
  const [bm4, bn4, down] = [tileRows(tile) / 4, tileCols(tile) / 4, THREADS / tile.across];
  for (const e of range(4)) {
    lines.push("      {");
    for (const j of range(tile.cols / 4)) {
      const at = `${q} * ${4 * bn4}u + ${e * bn4 + j * tile.across}u`;
      lines.push(`        let b${j} = tileB[baseB + ${at}];`);
    }
    if (a === "km") {
      for (const i of range(tile.rows / 4)) {
        const at = `${q} * ${4 * bm4}u + ${e * bm4 + i * down}u`;
        lines.push(`        let a${i} = tileA[baseA + ${at}];`);
      }
    }
    for (const i of range(tile.rows)) {
      const factor = a === "mk" ? `a${i}.${XYZW[e]}` : `a${i >> 2}.${XYZW[i & 3]}`;
      for (const j of range(tile.cols / 4)) {
        lines.push(`        c${i}_${j} = fma(vec4<f32>(${factor}), b${j}, c${i}_${j});`);
      }
    }
    lines.push("      }");
  }
  return lines.join("\n");
}

function stores({ tile, a, b }: GemmSpec): string {
  const lines: string[] = [];
  const down = THREADS / tile.across;
  for (let i = 0; i < tile.rows; i++) {
    const m = a === "mk"
      ? `m0 + ty * ${tile.rows}u + ${i}u`
      : `m0 + (ty + ${(i >> 2) * down}u) * 4u + ${i & 3}u`;
    for (let j = 0; j < tile.cols / 4; j++) {
      const four = [0, 1, 2, 3].map((e) => `c${i}_${4 * j + e}`).join(", ");
      const value = b === "kn" ? `c${i}_${j}` : `vec4<f32>(${four})`;
      lines.push(`  store(${m}, n0 + (tx + ${j * tile.across}u) * 4u, ${value});`);
    }
  }
  return lines.join("\n");
}

/** Activations that an epilogue can apply. */
export type FusedActivation = "linear" | "relu" | "leakyrelu";

/** Whether an epilogue can apply the activation of a fused op; `undefined` is linear. */
export function isKnownActivation(name: string | null | undefined): boolean {
  return ["linear", "relu", "leakyrelu"].includes(name ?? "linear");
}

/**
 * Epilogue of a product, bias and activation: the WGSL function
 * `finish(value: vec4<f32>, n: i32) -> vec4<f32>` of four neighbouring columns, which reads `bias`,
 * `u.n` and `u.alpha`.
 */
export function epilogue(activation: FusedActivation, bias: boolean): string {
  const values: Record<FusedActivation, string> = {
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
 * WGSL that writes the vector `r` at element `at` of a tensor, which is bound as vectors where `four`;
 * else elements past the last column are skipped.
 *
 * @param options `columns`: the number of columns in WGSL; `n` is the column of the first element.
 */
export function storeVector(
  store: KernelTemplate["store"],
  name: string,
  options: { four: boolean; columns?: string },
): string {
  const { four, columns = "u.n" } = options;
  if (four) return store(name, "at / 4", "r");
  return [0, 1, 2, 3].map((e) => `if (n + ${e} < ${columns}) { ${name}[at + ${e}] = r[${e}]; }`)
    .join("\n  ");
}
