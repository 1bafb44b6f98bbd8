/**
 * PyTorch's `.pth` and `.pt` files: a zip archive of a pickle and one file for each storage. The
 * pickle is read by `pickle.ts`, which accepts three kinds of Python names and runs no code.
 *
 * @module
 */
import { Buffer } from "node:buffer";
import { type ByteSource, openBytes } from "./byte_source.ts";
import {
  DTYPE_BYTES,
  float32Values,
  gather,
  type SafetensorsDtype,
  sizeFromShape,
} from "./float32_values.ts";
import { type PickleGlobal, type PickleValue, unpickle } from "./pickle.ts";
import type { WeightFile, WeightFormat, WeightTensor } from "../weight_file.ts";
import { isZip, openZip, type Zip, type ZipEntry } from "./zip.ts";
import { printable } from "../../util/format.ts";

/** Types of storages, by the names in a pickle. */
const STORAGES: ReadonlyMap<string, SafetensorsDtype> = new Map([
  ["torch.FloatStorage", "F32"],
  ["torch.HalfStorage", "F16"],
  ["torch.BFloat16Storage", "BF16"],
  ["torch.DoubleStorage", "F64"],
  ["torch.LongStorage", "I64"],
  ["torch.IntStorage", "I32"],
  ["torch.ShortStorage", "I16"],
  ["torch.CharStorage", "I8"],
  ["torch.ByteStorage", "U8"],
  ["torch.BoolStorage", "BOOL"],
]);
const REBUILD = "torch._utils._rebuild_tensor_v2";
const ORDERED_DICT = "collections.OrderedDict";

/** Keys under which training scripts keep the weights in a checkpoint. */
const NESTS = ["state_dict", "model_state_dict", "model", "net", "network", "state_dict_ema"];

/** A storage: a file of the archive. */
interface Storage {
  dtype: SafetensorsDtype;
  key: string;
  length: number;
}

/** A view on a storage. */
interface StoredTensor extends WeightTensor {
  storage: Storage;
  offset: number;
  strides: number[];
}

/** PyTorch's files as a format of weight files. */
export const pytorchFormat: WeightFormat = {
  name: "pytorch",
  summary: "PyTorch's .pth and .pt, a state_dict or a checkpoint that holds one",
  matches: ({ bytes }) => isLegacy(bytes) || isZip(bytes),
  open: openPytorch,
};

/** The magic number that PyTorch 0.1.10 to 1.5 pickles first; before, archives were tar. */
const LEGACY_MAGIC = Uint8Array.of(0x8a, 0x0a, 0x6c, 0xfc, 0x9c, 0x46, 0xf9, 0x20, 0x6a, 0xa8);

function isLegacy(head: Uint8Array): boolean {
  return Buffer.from(head.subarray(2, 12)).equals(LEGACY_MAGIC) ||
    Buffer.from(head.subarray(257, 262)).toString("latin1") === "ustar";
}

/**
 * Opens a file that `torch.save` wrote since PyTorch 1.6: a state_dict, or a checkpoint that holds
 * one under a usual key. Strides, float16 values and shared storages are understood.
 *
 * @returns The file, to be closed by the caller.
 * @throws {SyntaxError} If the file is damaged, or its pickle holds anything but tensors, numbers,
 * texts, lists and dicts.
 */
export async function openPytorch(path: string): Promise<WeightFile> {
  const source = await openBytes(path);
  try {
    return await fromSource(source);
  } catch (error) {
    await source.close();
    throw error;
  }
}

async function fromSource(source: ByteSource): Promise<WeightFile> {
  const path = source.label;
  const refuse = (reason: string): never => {
    throw new SyntaxError(`Cannot read ${path} as PyTorch weights: ${printable(reason)}`);
  };
  if (isLegacy(await source.read(0, Math.min(512, source.size)))) {
    return refuse(
      "it is a file from before PyTorch 1.6, which needs Python's pickle; save it again in " +
        'Python: torch.save(torch.load(PATH, map_location="cpu"), "new.pth")',
    );
  }
  const zip = await openZip(source, refuse);
  const pickle = [...zip.entries.values()].find(({ name }) => /(^|\/)data\.pkl$/.test(name));
  if (pickle === undefined) return refuse("it has no data.pkl");
  const root = pickle.name.slice(0, -"data.pkl".length);
  await checkByteOrder(zip, { entry: zip.entries.get(`${root}byteorder`), refuse });
  const value = unpickle(await zip.read(pickle), {
    isKnown: (name) => name === REBUILD || name === ORDERED_DICT || STORAGES.has(name),
    call: (name, args) => name === ORDERED_DICT ? new Map() : rebuild(name, { args, refuse }),
    persistent: (id) => storageOf(id, refuse),
    refuse,
  });
  const tensors = findTensors(value, refuse);
  return {
    path,
    format: "pytorch",
    tensors,
    saved: null,
    async read(name) {
      const tensor = tensors.get(name);
      if (tensor === undefined) {
        throw new RangeError(`Cannot read ${name}: ${path} has no such tensor`);
      }
      const entry = zip.entries.get(`${root}data/${tensor.storage.key}`);
      const complain = (reason: string): never => refuse(`tensor ${name} ${reason}`);
      checkRange(tensor, { entry, refuse: complain });
      return gather(float32Values(await zip.read(entry!), tensor.storage.dtype), tensor);
    },
    close: () => source.close(),
  };
}

type Refuse = (reason: string) => never;

async function checkByteOrder(
  zip: Zip,
  { entry, refuse }: { entry: ZipEntry | undefined; refuse: Refuse },
): Promise<void> {
  if (entry === undefined) return;
  const order = new TextDecoder().decode(await zip.readHead(entry, 16));
  if (order !== "little") refuse(`its byte order is ${JSON.stringify(order)}, little is read`);
}

/** `torch._utils._rebuild_tensor_v2(storage, offset, shape, strides, …)`. */
function rebuild(
  name: string,
  { args, refuse }: { args: PickleValue[]; refuse: Refuse },
): StoredTensor {
  const [storage, offset, shape, strides] = args;
  if (name !== REBUILD || !isStorage(storage)) return refuse(`it calls ${name} on no storage`);
  if (
    !isCount(offset) || !isCounts(shape) || !isCounts(strides) || shape.length !== strides.length
  ) {
    return refuse("it has a tensor without a proper shape");
  }
  return { dtype: storage.dtype, shape, storage, offset, strides };
}

/** `('storage', torch.FloatStorage, key, device, length)`. */
function storageOf(id: PickleValue, refuse: Refuse): Storage {
  const [kind, type, key, , length] = Array.isArray(id) ? id : [];
  const name = (type as PickleGlobal | undefined)?.global ?? "";
  const dtype = STORAGES.get(name);
  if (kind !== "storage" || dtype === undefined || typeof key !== "string" || !isCount(length)) {
    return refuse("it has a storage of an unknown kind");
  }
  return { dtype, key, length };
}

/** A tensor may reach no further than its storage, and a storage no further than its file. */
function checkRange(
  { storage, shape, strides, offset }: StoredTensor,
  { entry, refuse }: { entry: ZipEntry | undefined; refuse: Refuse },
): void {
  if (entry === undefined) return refuse(`lies in storage ${storage.key}, which is missing`);
  if (entry.size !== storage.length * DTYPE_BYTES[storage.dtype]) {
    refuse(`lies in a storage of ${storage.length} ${storage.dtype} in ${entry.size} bytes`);
  }
  const last = shape.reduce((sum, length, axis) => sum + (length - 1) * strides[axis]!, offset);
  const size = sizeFromShape(shape);
  if (size > storage.length || (size > 0 && last >= storage.length)) {
    refuse(`[${shape}] reaches beyond its storage of ${storage.length}`);
  }
}

/** The dict that holds tensors: the file's own, or one under a usual key. */
function findTensors(value: PickleValue, refuse: Refuse): ReadonlyMap<string, StoredTensor> {
  const own = tensorsOf(value);
  if (own.size > 0) return own;
  if (value instanceof Map) {
    for (const key of NESTS) {
      const nested = tensorsOf(value.get(key) ?? null);
      if (nested.size > 0) return nested;
    }
  }
  const keys = value instanceof Map ? [...value.keys()].slice(0, 5).join(", ") : "no dict";
  return refuse(`it holds no state_dict (found ${keys || "nothing"}), also not under ${NESTS[0]}`);
}

function tensorsOf(value: PickleValue): Map<string, StoredTensor> {
  if (!(value instanceof Map)) return new Map();
  return new Map(
    [...value].filter((pair): pair is [string, StoredTensor] =>
      typeof pair[0] === "string" && isTensor(pair[1])
    ),
  );
}

function isStorage(value: PickleValue | undefined): value is Storage {
  return typeof value === "object" && value !== null && Object.hasOwn(value, "key");
}

function isTensor(value: PickleValue): value is StoredTensor {
  return typeof value === "object" && value !== null && Object.hasOwn(value, "storage");
}

function isCount(value: PickleValue | undefined): value is number {
  return Number.isSafeInteger(value) && (value as number) >= 0;
}

function isCounts(value: PickleValue | undefined): value is number[] {
  return Array.isArray(value) && value.length <= 16 && value.every(isCount);
}
