/**
 * Which tile of a matrix product is fastest on this adapter: timed once by timestamp queries, then
 * kept in the user's cache folder. Results of all tiles are bit-identical, so the choice changes the
 * speed alone.
 *
 * @module
 */
import type * as tf from "@tensorflow/tfjs";
import { readUserCache, writeUserCache } from "../../util/user_cache.ts";
import type { WebGpuContext } from "./context.ts";
import { pipelineOf } from "./dispatch.ts";
import { chooseTile, tileGrid, type TileName, TILES, tileWithin } from "./gemm_tiles.ts";
import { BUFFER_USAGE, packScalars, submitAndRead } from "./gpu_buffers.ts";
import { matMulKernel } from "./kernels/batch_mat_mul.ts";

/** Fastest tile by class of product, see {@linkcode productClass}. */
export type TileTable = Record<string, TileName>;

/** A product `[m, k] · [k, n]`. */
interface Product {
  m: number;
  n: number;
  k: number;
}

/** Version of the cached measurements: raise it where kernels change. */
const VERSION = 1;
const FILE = "webgpu_tiles.json";
const CANDIDATES: TileName[] = ["64x64", "128x128", "32x128", "128x32"];
const ROWS = [256, 1024, 4096, 16384, 65536];
const COLUMNS = [64, 128, 256, 512];
const DEPTH = 128;
const REPEATS = 3;
/** Share of the usual tile's time that a faster one must stay below. */
const MARGIN = 0.95;

/**
 * The size class of a product `[m, n]`, as `rows/columns`, or `null` where C is so narrow that only
 * one tile fits it.
 */
export function productClass(m: number, n: number): string | null {
  if (m <= 32 || n <= 32) return null;
  return `${nearest(ROWS, m)}/${nearest(COLUMNS, n)}`;
}

function nearest(sizes: number[], size: number): number {
  const distance = (s: number) => Math.abs(Math.log(s / size));
  return sizes.reduce((best, s) => distance(s) < distance(best) ? s : best);
}

/**
 * The table of this adapter: from the cache, or measured and then cached; empty where the adapter
 * has no timestamp queries.
 */
export async function tunedTiles(context: WebGpuContext): Promise<TileTable> {
  const { training } = context;
  if (!training.features.includes("timestamp-query")) return {};
  const name = `${training.name}, ${training.info.vendor}, ${training.info.architecture}`;
  const cached = parse(await readUserCache(FILE));
  const known = cached[name];
  if (known !== undefined) return known;
  const products = ROWS.flatMap((m) => COLUMNS.map((n) => ({ m, n, k: DEPTH })));
  const table = await measureTiles(context, products);
  const others = parse(await readUserCache(FILE));
  const adapters = { ...others, [name]: table };
  await writeUserCache(FILE, JSON.stringify({ version: VERSION, adapters }, null, 2));
  return table;
}

/** Tables by adapter; those of another version or with unknown tiles are ignored. */
function parse(text: string | null): Record<string, TileTable> {
  try {
    const { version, adapters } = JSON.parse(text ?? "{}");
    if (version !== VERSION) return {};
    const tables = Object.entries(adapters as Record<string, TileTable>);
    const valid = ([, table]: [string, TileTable]) => Object.values(table).every((t) => t in TILES);
    return Object.fromEntries(tables.filter(valid));
  } catch {
    return {};
  }
}

/**
 * Times every candidate on each product. Needs timestamp-query; takes about a second.
 *
 * @returns Classes where a tile beats the one that {@linkcode chooseTile} takes.
 */
export async function measureTiles(
  context: WebGpuContext,
  products: Product[],
): Promise<TileTable> {
  const table: TileTable = {};
  const { limits, software } = context.training;
  const bytes = limits.maxComputeWorkgroupStorageSize!;
  const candidates = CANDIDATES.filter((tile) => tileWithin(bytes, tile) === tile);
  for (const product of products) {
    const { m, n } = product;
    const usual = tileWithin(bytes, chooseTile(m, n, { few: software }));
    const times = await timeTiles(context, product, candidates);
    const fastest = candidates.reduce((a, b) => times.get(b)! < times.get(a)! ? b : a);
    // Within the margin the measurement is noise, as with a coarse clock.
    if (times.get(fastest)! < MARGIN * times.get(usual)!) {
      table[productClass(m, n)!] = fastest;
    }
  }
  return table;
}

/** Nanoseconds of a product by tile, the shortest of some repeats. */
async function timeTiles(
  context: WebGpuContext,
  product: Product,
  candidates: TileName[],
): Promise<Map<TileName, number>> {
  const { device } = context;
  const { m, n, k } = product;
  const [a, b, c] = [[m, k], [k, n], [m, n]].map((shape) =>
    context.makeTensorInfo(shape, "float32")
  ) as [tf.TensorInfo, tf.TensorInfo, tf.TensorInfo];
  const buffers = [a, b, c].map((tensor) => context.bufferOf(tensor));
  context.flush();
  const count = 2 * REPEATS * candidates.length;
  const querySet = device.createQuerySet({ type: "timestamp", count });
  const encoder = device.createCommandEncoder();
  const parameters: GPUBuffer[] = [];
  candidates.forEach((tile, i) => {
    const kernel = matMulKernel({ ...product, tile, unroll: context.unroll });
    const pipeline = pipelineOf(context, kernel);
    const uniforms = packScalars(kernel.uniforms, [m, n, k, 0, 0, k, 0]);
    const usage = BUFFER_USAGE.UNIFORM | BUFFER_USAGE.COPY_DST;
    const parameter = device.createBuffer({ size: 32, usage });
    device.queue.writeBuffer(parameter, 0, uniforms);
    parameters.push(parameter);
    const group = device.createBindGroup({
      layout: pipeline.getBindGroupLayout(0),
      entries: [parameter, ...buffers].map((buffer, binding) => ({
        binding,
        resource: { buffer },
      })),
    });
    for (let repeat = 0; repeat < REPEATS; repeat++) {
      const beginningOfPassWriteIndex = 2 * (i * REPEATS + repeat);
      const endOfPassWriteIndex = beginningOfPassWriteIndex + 1;
      const pass = encoder.beginComputePass({
        timestampWrites: { querySet, beginningOfPassWriteIndex, endOfPassWriteIndex },
      });
      pass.setPipeline(pipeline);
      pass.setBindGroup(0, group);
      pass.dispatchWorkgroups(...tileGrid(tile, m, n));
      pass.end();
    }
  });
  const timestamps = await readTimestamps(context, encoder, { querySet, count });
  for (const tensor of [a, b, c]) context.disposeData(tensor.dataId);
  for (const parameter of parameters) parameter.destroy();
  querySet.destroy();
  return new Map(candidates.map((tile, i) => {
    const spans = Array.from({ length: REPEATS }, (_, repeat) => {
      const at = 2 * (i * REPEATS + repeat);
      return Number(timestamps[at + 1]! - timestamps[at]!);
    });
    return [tile, Math.min(...spans)];
  }));
}

/** Submits the passes and reads the timestamps of each. */
async function readTimestamps(
  { device }: WebGpuContext,
  encoder: GPUCommandEncoder,
  { querySet, count }: { querySet: GPUQuerySet; count: number },
): Promise<BigUint64Array> {
  const bytes = 8 * count;
  const usage = BUFFER_USAGE.QUERY_RESOLVE | BUFFER_USAGE.COPY_SRC;
  const resolved = device.createBuffer({ size: bytes, usage });
  encoder.resolveQuerySet(querySet, 0, count, resolved, 0);
  const timestamps = await submitAndRead(device, encoder, { buffer: resolved, bytes });
  resolved.destroy();
  return new BigUint64Array(timestamps);
}
