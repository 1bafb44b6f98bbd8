import { printable } from "../../util/format.ts";
import { createSha256 } from "../../util/hash.ts";
import type { ModelFiles } from "./model_files.ts";

/** Types of weights that a manifest may name. */
const DTYPES: ReadonlySet<unknown> = new Set([
  ...["float32", "int32", "bool", "uint8", "uint16", "float16"],
]);
const MAX_TENSORS = 100_000;
const MAX_RANK = 16;

/** What stands in the place of the hash while it is taken. */
const BLANK = "0".repeat(64);
const SEAL = /"seal":"([0-9a-f]{64})"\}$/;

/** `model.json` as text that carries its own SHA-256, last. */
export function sealedJson(json: object): string {
  const text = JSON.stringify({ ...json, seal: BLANK });
  return text.replace(SEAL, `"seal":"${hexOf(text)}"}`);
}

/** Name of a file of weights, which says what it must hold. */
export function weightsFileName(bytes: Uint8Array): string {
  return `weights-${hexOf(bytes).slice(0, 32)}.bin`;
}

/**
 * Checks a saved model against the hashes that it carries. Folders of other programs carry none and
 * pass: their loader refuses them.
 *
 * @throws {Error} If `model.json` or its weights are not what was saved.
 */
export async function verifySavedModel(files: ModelFiles): Promise<void> {
  const path = files.path("model.json");
  // The loader reports a missing file
  const text = await files.read("model.json")
    .then((bytes) => new TextDecoder().decode(bytes), () => "");
  if (!text.includes('"generatedBy":"segadv"')) return;
  const seal = SEAL.exec(text)?.[1];
  if (seal === undefined || hexOf(text.replace(SEAL, `"seal":"${BLANK}"}`)) !== seal) {
    throw new Error(`Cannot trust ${path}: its text differs from its SHA-256; it is damaged`);
  }
  // A right hash does not make the manifest well-formed: anyone can compute it
  const { weightsManifest } = JSON.parse(text) as { weightsManifest: { paths: string[] }[] };
  checkManifest(weightsManifest, (reason) => {
    throw new SyntaxError(`Cannot load ${path}: ${printable(reason)}`);
  });
  for (const name of weightsManifest.flatMap(({ paths }) => paths)) {
    const isPlain = !/[/\\]/.test(name); // else another program wrote it
    const bytes = isPlain ? await files.read(name).catch(() => null) : null; // reported by the loader
    if (isPlain && (bytes === null || weightsFileName(bytes) === name)) continue;
    throw new Error(
      `Cannot trust ${files.path(name)}: its bytes differ from their SHA-256; it is damaged`,
    );
  }
}

function hexOf(data: string | Uint8Array): string {
  const hash = createSha256();
  hash.update(data);
  return hash.hex();
}

/**
 * Checks that `weightsManifest` of a `model.json` has the form that tfjs gives it.
 *
 * @param refuse Says what is wrong with the file; throws.
 */
export function checkManifest(manifest: unknown, refuse: (reason: string) => never): void {
  if (!Array.isArray(manifest)) return refuse("its weightsManifest is no list");
  let tensors = 0;
  for (const group of manifest as unknown[]) {
    if (!isObject(group) || !isList(group.paths, isText) || !isList(group.weights, isObject)) {
      return refuse("its weightsManifest has a group without paths or weights");
    }
    tensors += group.weights.length;
    if (tensors > MAX_TENSORS) return refuse(`it names more than ${MAX_TENSORS} weights`);
    for (const spec of group.weights) checkSpec(spec, refuse);
  }
}

function checkSpec(
  { name, shape, dtype, quantization }: Record<string, unknown>,
  refuse: (reason: string) => never,
): void {
  if (!isText(name)) return refuse("it has a weight without a name");
  const complain = (reason: string): never => refuse(`weight ${name.slice(0, 80)} ${reason}`);
  if (!isList(shape, isCount) || shape.length > MAX_RANK) complain("has no proper shape");
  if (!DTYPES.has(dtype)) complain(`is of type ${JSON.stringify(dtype)?.slice(0, 80)}`);
  if (quantization === undefined) return;
  if (!isObject(quantization) || !DTYPES.has(quantization.dtype)) {
    return complain("has no proper quantization");
  }
  const { scale, min } = quantization;
  const isFine = [scale, min].every((value) => value === undefined || Number.isFinite(value));
  if (!isFine) complain("has a quantization that is no number");
}

function isObject(value: unknown): value is Record<string, unknown> {
  return typeof value === "object" && value !== null && !Array.isArray(value);
}

function isText(value: unknown): value is string {
  return typeof value === "string";
}

function isCount(value: unknown): value is number {
  return Number.isSafeInteger(value) && (value as number) >= 0;
}

function isList<T>(value: unknown, isOne: (entry: unknown) => entry is T): value is T[] {
  return Array.isArray(value) && value.every(isOne);
}
