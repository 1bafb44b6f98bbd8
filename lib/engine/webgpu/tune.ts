/**
 * Which tile of a matrix product is fastest on this adapter: timed once by the adapter's own clock,
 * then kept in the user's cache folder. All tiles give the same bits, so what is found here changes
 * how long a step takes and nothing else.
 *
 * @module
 */
import type * as tf from "@tensorflow/tfjs";
import { readUserCache, writeUserCache } from "../../util/user_cache.ts";
import { MAP_MODE_READ, USAGE } from "./buffer_usage.ts";
import { packScalars, pipelineOf } from "./dispatch.ts";
import { chooseTile, tileCols, type TileName, tileRows, TILES, tileWithin } from "./gemm.ts";
import { matMulKernel } from "./kernels/batch_mat_mul.ts";
import type { TrainingBackend } from "./training_backend.ts";

/** Fastest tile by class of product, see {@linkcode productClass}. */
export type TileTable = Record<string, TileName>;

/** A product `[m, k] · [k, n]`. */
interface Product {
  m: number;
  n: number;
  k: number;
}

/** Raise it where kernels change, so that what was measured before is measured again. */
const VERSION = 1;
const FILE = "webgpu_tiles.json";
const CANDIDATES: TileName[] = ["64x64", "128x128", "32x128", "128x32"];
const ROWS = [256, 1024, 4096, 16384, 65536];
const COLUMNS = [64, 128, 256, 512];
const DEPTH = 128;
const REPEATS = 3;
/** By how much a tile must be faster than the one chosen without a clock. */
const MARGIN = 0.95;

/**
 * The class of products of about this size, as `rows/columns`, or `null` where C is so narrow that
 * one tile alone fits it.
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
 * has no clock (timestamp-query).
 */
export async function tunedTiles(backend: TrainingBackend): Promise<TileTable> {
  const { training } = backend;
  if (!training.features.includes("timestamp-query")) return {};
  const name = `${training.name}, ${training.info.vendor}, ${training.info.architecture}`;
  const cached = parse(await readUserCache(FILE));
  const known = cached[name];
  if (known !== undefined) return known;
  const products = ROWS.flatMap((m) => COLUMNS.map((n) => ({ m, n, k: DEPTH })));
  const table = await measureTiles(backend, products);
  const others = parse(await readUserCache(FILE));
  const adapters = { ...others, [name]: table };
  await writeUserCache(FILE, JSON.stringify({ version: VERSION, adapters }, null, 2));
  return table;
}

/** Tables by adapter; what an older version measured, or anyone wrote, counts as nothing. */
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
  backend: TrainingBackend,
  products: Product[],
): Promise<TileTable> {
  const table: TileTable = {};
  const { limits, software } = backend.training;
  const bytes = limits.maxComputeWorkgroupStorageSize!;
  const candidates = CANDIDATES.filter((tile) => tileWithin(bytes, tile) === tile);
  for (const product of products) {
    const { m, n } = product;
    const usual = tileWithin(bytes, chooseTile(m, n, { few: software }));
    const times = await time(backend, { product, candidates });
    const fastest = candidates.reduce((a, b) => times.get(b)! < times.get(a)! ? b : a);
    // A clock that is coarse or stands still decides nothing.
    if (times.get(fastest)! < MARGIN * times.get(usual)!) {
      table[productClass(m, n)!] = fastest;
    }
  }
  return table;
}

/** Nanoseconds of a product by tile, the shortest of some repeats. */
async function time(
  backend: TrainingBackend,
  { product, candidates }: { product: Product; candidates: TileName[] },
): Promise<Map<TileName, number>> {
  const { device } = backend;
  const { m, n, k } = product;
  const [a, b, c] = [[m, k], [k, n], [m, n]].map((shape) =>
    backend.makeTensorInfo(shape, "float32")
  ) as [tf.TensorInfo, tf.TensorInfo, tf.TensorInfo];
  const buffers = [a, b, c].map((tensor) => backend.bufferOf(tensor));
  backend.flush();
  const count = 2 * REPEATS * candidates.length;
  const querySet = device.createQuerySet({ type: "timestamp", count });
  const encoder = device.createCommandEncoder();
  const parameters: GPUBuffer[] = [];
  candidates.forEach((tile, i) => {
    const kernel = matMulKernel({ ...product, tile, unroll: backend.unroll });
    const pipeline = pipelineOf(backend, kernel);
    const uniforms = packScalars(kernel, [m, n, k, 0, 0, k, 0]);
    const usage = USAGE.UNIFORM | USAGE.COPY_DST;
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
      pass.dispatchWorkgroups(
        Math.ceil(n / tileCols(TILES[tile])),
        Math.ceil(m / tileRows(TILES[tile])),
      );
      pass.end();
    }
  });
  const stamps = await read(backend, { encoder, querySet, count });
  for (const tensor of [a, b, c]) backend.disposeData(tensor.dataId);
  for (const parameter of parameters) parameter.destroy();
  querySet.destroy();
  return new Map(candidates.map((tile, i) => {
    const spans = Array.from({ length: REPEATS }, (_, repeat) => {
      const at = 2 * (i * REPEATS + repeat);
      return Number(stamps[at + 1]! - stamps[at]!);
    });
    return [tile, Math.min(...spans)];
  }));
}

/** Submits the passes and reads the clock of each. */
async function read(
  { device }: TrainingBackend,
  options: { encoder: GPUCommandEncoder; querySet: GPUQuerySet; count: number },
): Promise<BigUint64Array> {
  const { encoder, querySet, count } = options;
  const size = 8 * count;
  const resolved = device.createBuffer({ size, usage: USAGE.QUERY_RESOLVE | USAGE.COPY_SRC });
  const staging = device.createBuffer({ size, usage: USAGE.COPY_DST | USAGE.MAP_READ });
  encoder.resolveQuerySet(querySet, 0, count, resolved, 0);
  encoder.copyBufferToBuffer(resolved, 0, staging, 0, size);
  device.queue.submit([encoder.finish()]);
  await staging.mapAsync(MAP_MODE_READ);
  const stamps = new BigUint64Array(staging.getMappedRange().slice(0));
  staging.unmap();
  resolved.destroy();
  staging.destroy();
  return stamps;
}
