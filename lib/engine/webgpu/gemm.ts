/**
 * Generator of register-blocked matrix products C[m,n] = Σ_k A(m,k)·B(k,n) whose operands are
 * fetched by WGSL functions, so that convolutions are products without an im2col in memory.
 *
 * A workgroup of 256 threads computes a tile of C. Tiles of A and B pass through workgroup memory;
 * the next ones are fetched into registers while the current ones are multiplied. Inner loops are
 * unrolled as text, since every loop and every computed index costs a check in Deno's shaders.
 *
 * @module
 */
import { THREADS, type WgslKernel } from "./dispatch.ts";

/** Size of a workgroup's tile and of a thread's share. */
export interface Tile {
  /** Rows of C of one thread, a multiple of 4. */
  rows: 4 | 8;
  /** Columns of C of one thread, a multiple of 4. */
  cols: 4 | 8;
  /** Threads side by side; the others are below. */
  across: 4 | 8 | 16 | 32 | 64;
  /** Depth of the tiles of A and B, a multiple of 4. */
  depth: 8 | 16;
}

/** Tiles to choose from, by the size of C's tile. */
export const TILES: Record<
  "16x256" | "32x128" | "64x64" | "128x128" | "128x32" | "256x16",
  Tile
> = {
  "16x256": { rows: 4, cols: 4, across: 64, depth: 16 },
  "32x128": { rows: 4, cols: 4, across: 32, depth: 16 },
  "128x128": { rows: 8, cols: 8, across: 16, depth: 16 },
  "64x64": { rows: 4, cols: 4, across: 16, depth: 16 },
  "128x32": { rows: 4, cols: 4, across: 8, depth: 16 },
  "256x16": { rows: 4, cols: 4, across: 4, depth: 16 },
};

/** Name of a tile. */
export type TileName = keyof typeof TILES;

/** Rows of C in a workgroup's tile. */
export function tileRows({ rows, across }: Tile): number {
  return rows * THREADS / across;
}

/** Columns of C in a workgroup's tile. */
export function tileCols({ cols, across }: Tile): number {
  return cols * across;
}

/** Bytes of workgroup memory that a tile takes at most. */
export function tileBytes(tile: Tile): number {
  return 16 * pitch(tile) * (tileRows(tile) + tileCols(tile));
}

/** Tiles for adapters with no more than the 16 KiB of workgroup memory that WebGPU promises. */
const SMALLER: Partial<Record<TileName, TileName>> = {
  "16x256": "32x128",
  "128x128": "64x64",
  "256x16": "128x32",
};

/** The tile, or the one like it that takes at most `bytes` of workgroup memory. */
export function tileWithin(bytes: number, tile: TileName): TileName {
  return tileBytes(TILES[tile]) <= bytes ? tile : SMALLER[tile] ?? tile;
}

/** Large tiles that keep a large adapter busy. */
const MANY_TILES = 96;

/**
 * Tile for a product of this size: narrow where C is, large where that still fills the adapter.
 *
 * @param options `few`: the adapter has few threads, so that large tiles always fill it.
 */
export function chooseTile(m: number, n: number, options: { few?: boolean } = {}): TileName {
  if (m <= 16 && n > 16) return "16x256";
  if (m <= 32 && n > 32) return "32x128";
  if (n <= 16) return "256x16";
  if (n <= 32) return "128x32";
  const tiles = Math.ceil(m / 128) * Math.ceil(n / 128);
  const full = options.few ? m > 64 : tiles >= MANY_TILES;
  return n > 64 && full ? "128x128" : "64x64";
}

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
   * WGSL functions
   * - `rowA(m: u32) -> vec4<i32>` and `rowB(n: u32) -> vec4<i32>`: what can be known of a row of A
   *   or a column of B before the loop over k;
   * - `stateK(k: u32) -> vec4<i32>`: what can be known of a block of k;
   * - `loadA(row: vec4<i32>, state: vec4<i32>, k0: u32, k: u32) -> vec4<f32>` and `loadB` likewise:
   *   zeros outside the matrix; `state` is that of the block's first k, `k0`;
   * - `store(m: u32, n: u32, value: vec4<f32>)`: four neighbours in n, some perhaps outside.
   */
  functions: string;
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
    wgsl: () => ({ globals: globals(spec), main: main(spec) }),
  };
}

/** Vectors from one row of a tile to the next; one more than needed spreads them over the banks. */
function pitch({ depth }: Tile): number {
  return depth / 4 + 1;
}

function globals({ tile, a, b, functions }: GemmSpec): string {
  const [bm, bn] = [tileRows(tile), tileCols(tile)];
  const sizeA = a === "mk" ? bm * pitch(tile) : tile.depth * bm / 4;
  const sizeB = b === "nk" ? bn * pitch(tile) : tile.depth * bn / 4;
  return `
var<workgroup> tileA: array<vec4<f32>, ${sizeA}>;
var<workgroup> tileB: array<vec4<f32>, ${sizeB}>;
${functions}`;
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

/** How a thread carries its vectors of one operand from the buffer to workgroup memory. */
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
    const slot = alongK ? `(${place.outer}) * ${pitch(tile)}u + ${at} % ${perRow}u` : at;
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
 * Column of C whose values lie in a slot of B's tile: threads read slots `across` apart, and so get
 * columns four by four, which are stored as vectors.
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
    `    let baseA = ${a === "mk" ? `ty * ${tile.rows * pitch(tile)}u` : "ty"};`,
    `    let baseB = ${b === "nk" ? `tx * ${pitch(tile)}u` : "tx"};`,
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
      lines.push(`      let a${i} = tileA[baseA + ${i * pitch(tile)}u + ${q}];`);
    }
  }
  if (b === "nk") {
    for (const j of range(tile.cols)) {
      lines.push(`      let b${j} = tileB[baseB + ${j * tile.across * pitch(tile)}u + ${q}];`);
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
