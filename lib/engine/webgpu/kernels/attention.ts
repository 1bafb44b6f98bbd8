/**
 * Multi-head attention and its gradient in one launch per pass over the keys: scores and probabilities
 * stay in registers (online softmax; Milakov and Gimelshein 2018).
 *
 * @module
 */
import type * as tf from "@tensorflow/tfjs";
import { ATTENTION, ATTENTION_GRAD, type AttentionAttrs } from "../../ops/kernels.ts";
import { dispatch, linearGrid, newOutput } from "../dispatch.ts";
import { newActivation } from "../float16_storage.ts";
import { type KernelTemplate, THREADS, type WgslKernel } from "../wgsl.ts";
import { type Kernel, sizeOf } from "./kernel.ts";
import { treeSum } from "./reduction.ts";

/** How a head's channels are read: vectors of four where its channel count allows it. */
interface HeadLayout {
  type: "vec4<f32>" | "f32";
  /** Vectors of a head. */
  size: number;
}

/** Sizes of a call as uniforms. */
interface Sizes {
  layout: HeadLayout;
  /** Queries of all maps and heads. */
  count: number;
  uniforms: number[];
}

const UNIFORMS: WgslKernel["uniforms"] = [
  ...["count", "queries", "keys", "heads"].map((name) => [name, "u32"] as [string, "u32"]),
  ["scale", "f32"],
];

function sizesOf(q: tf.TensorInfo, k: tf.TensorInfo, { heads }: AttentionAttrs): Sizes {
  const [b, queries, channels] = q.shape as [number, number, number];
  const depth = channels / heads;
  const width = depth % 4 === 0 ? 4 : 1;
  const count = b * queries * heads;
  return {
    layout: { type: width === 4 ? "vec4<f32>" : "f32", size: depth / width },
    count,
    uniforms: [count, queries, k.shape[1]!, heads, 1 / Math.sqrt(depth)],
  };
}

/** WGSL of a head's vectors as variables `NAME0`, `NAME1`, …: a loop would cost checks of indices. */
class Head {
  readonly #places: number[];

  constructor(readonly layout: HeadLayout, readonly template: KernelTemplate) {
    this.#places = Array.from({ length: layout.size }, (_, i) => i);
  }

  /** One line for each vector. */
  each(line: (i: number) => string): string {
    return this.#places.map((i) => `\n  ${line(i)}`).join("");
  }

  /** Declares and reads the vectors from element `at` on. */
  read(name: string, from: string, at: string): string {
    return this.each((i) => `let ${name}${i} = ${this.template.load(from, `${at} + ${i}u`)};`);
  }

  /** Declares vectors of zeros. */
  zeros(name: string): string {
    return this.each((i) => `var ${name}${i} = ${this.layout.type}();`);
  }

  write(name: string, to: string, at: string): string {
    return this.each((i) => this.template.store(to, `${at} + ${i}u`, `${name}${i}`));
  }

  dot(a: string, b: string): string {
    const product = (i: number) =>
      this.layout.type === "f32" ? `${a}${i} * ${b}${i}` : `dot(${a}${i}, ${b}${i})`;
    return this.#places.map(product).join(" + ");
  }
}

/** WGSL of one thread a query and head: its number `i`, first vector `at`, and first key `origin`. */
function queryPrologue(size: number): string {
  return `
  let i = (wid.y * grid.x + wid.x) * ${THREADS}u + lid;
  if (i >= u.count) { return; }
  let at = i * ${size}u;
  let origin = i / (u.queries * u.heads) * u.keys * u.heads + i % u.heads;`;
}

function forwardKernel(layout: HeadLayout): WgslKernel {
  const { type, size } = layout;
  return {
    key: `${ATTENTION}/${type}/${size}`,
    uniforms: UNIFORMS,
    reads: [["q", type], ["k", type], ["v", type]],
    writes: [["y", type], ["logSums", "f32"]],
    wgsl: (template) => {
      const head = new Head(layout, template);
      return {
        main: `${queryPrologue(size)}${head.read("q", "q", "at")}${head.zeros("o")}
  var top = -3.0e38;
  var total = 0.0;
  for (var key = 0u; key < u.keys; key++) {
  let place = (origin + key * u.heads) * ${size}u;${head.read("k", "k", "place")}
  let score = u.scale * (${head.dot("q", "k")});
  let next = max(top, score);
  let old = exp(top - next);
  let p = exp(score - next);
  total = total * old + p;
  top = next;${
          head.each((n) => `o${n} = o${n} * old + p * ${template.load("v", `place + ${n}u`)};`)
        }
  }${head.each((n) => `o${n} /= total;`)}${head.write("o", "y", "at")}
  logSums[i] = top + log(total);`,
      };
    },
  };
}

/** Outputs y and the logarithms of the sums of exponentials. */
export const attention: Kernel<AttentionAttrs> = {
  name: ATTENTION,
  run({ inputs, attrs, backend }) {
    const { q, k, v } = inputs;
    const { layout, count, uniforms } = sizesOf(q!, k!, attrs);
    const y = newActivation(backend, q!.shape);
    const logSums = newOutput(backend, [...q!.shape.slice(0, 2), attrs.heads]);
    dispatch(backend, forwardKernel(layout), {
      uniforms,
      reads: [q!, k!, v!],
      writes: [y, logSums],
      grid: linearGrid(Math.ceil(count / THREADS)),
    });
    return [y, logSums];
  },
};

/** dq, and Σ y·dy of each query and head. */
function queryGradKernel(layout: HeadLayout): WgslKernel {
  const { type, size } = layout;
  return {
    key: `${ATTENTION_GRAD}/queries/${type}/${size}`,
    uniforms: UNIFORMS,
    reads: [
      ...["q", "k", "v", "y", "dy"].map((name) => [name, type] as [string, typeof type]),
      ["logSums", "f32"],
    ],
    writes: [["dq", type], ["means", "f32"]],
    wgsl: (template) => {
      const head = new Head(layout, template);
      return {
        main: `${queryPrologue(size)}${head.read("q", "q", "at")}${head.read("d", "dy", "at")}
  var mean = 0.0;
  {${head.read("y", "y", "at")}
  mean = ${head.dot("y", "d")};
  }
  means[i] = mean;
  let logSum = logSums[i];${head.zeros("g")}
  for (var key = 0u; key < u.keys; key++) {
  let place = (origin + key * u.heads) * ${size}u;${head.read("k", "k", "place")}${
          head.read("v", "v", "place")
        }
  let p = exp(u.scale * (${head.dot("q", "k")}) - logSum);
  let slope = u.scale * p * (${head.dot("d", "v")} - mean);${
          head.each((n) => `g${n} += slope * k${n};`)
        }
  }${head.write("g", "dq", "at")}`,
      };
    },
  };
}

/** dk and dv: a workgroup a key and head, whose threads share the queries. */
function keyGradKernel(layout: HeadLayout): WgslKernel {
  const { type, size } = layout;
  return {
    key: `${ATTENTION_GRAD}/keys/${type}/${size}`,
    uniforms: UNIFORMS,
    reads: [
      ...["q", "k", "v", "dy"].map((name) => [name, type] as [string, typeof type]),
      ["logSums", "f32"],
      ["means", "f32"],
    ],
    writes: [["dk", type], ["dv", type]],
    wgsl: (template) => {
      const head = new Head(layout, template);
      const { store, subgroupSize } = template;
      const sum = (name: string, to: string) =>
        head.each((n) => `
  firsts[lid] = ${name}${n};${treeSum(["firsts"], subgroupSize)}
  if (lid == 0u) { ${store(to, `own + ${n}u`, "firsts[0]")} }
  workgroupBarrier();`);
      return {
        globals: `var<workgroup> firsts: array<${type}, ${THREADS}>;`,
        main: `
  let unit = wid.y * grid.x + wid.x;
  if (unit >= u.count / u.queries * u.keys) { return; }
  let own = unit * ${size}u;
  let first = unit / (u.keys * u.heads) * u.queries * u.heads + unit % u.heads;${
          head.read("k", "k", "own")
        }${head.read("v", "v", "own")}${head.zeros("a")}${head.zeros("b")}
  for (var query = lid; query < u.queries; query += ${THREADS}u) {
  let i = first + query * u.heads;
  let at = i * ${size}u;${head.read("q", "q", "at")}
  let p = exp(u.scale * (${head.dot("q", "k")}) - logSums[i]);
  var slope = 0.0;
  {${head.read("d", "dy", "at")}
  slope = u.scale * p * (${head.dot("d", "v")} - means[i]);${
          head.each((n) => `b${n} += p * d${n};`)
        }
  }${head.each((n) => `a${n} += slope * q${n};`)}
  }${sum("a", "dk")}${sum("b", "dv")}`,
      };
    },
  };
}

/** Outputs dq, dk and dv. */
export const attentionGrad: Kernel<AttentionAttrs> = {
  name: ATTENTION_GRAD,
  run({ inputs, attrs, backend }) {
    const { q, k, v, y, logSums, dy } = inputs;
    const { layout, count, uniforms } = sizesOf(q!, k!, attrs);
    const [dq, dk, dv] = [q, k, v].map((x) => newActivation(backend, x!.shape));
    const means = newOutput(backend, logSums!.shape);
    dispatch(backend, queryGradKernel(layout), {
      uniforms,
      reads: [q!, k!, v!, y!, dy!, logSums!],
      writes: [dq!, means],
      grid: linearGrid(Math.ceil(count / THREADS)),
    });
    dispatch(backend, keyGradKernel(layout), {
      uniforms,
      reads: [q!, k!, v!, dy!, logSums!, means],
      writes: [dk!, dv!],
      grid: linearGrid(sizeOf(k!) / k!.shape[2]! * attrs.heads),
    });
    backend.disposeData(means.dataId);
    return [dq!, dk!, dv!];
  },
};
