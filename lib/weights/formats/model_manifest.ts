/**
 * The list of weights in a `model.json`.
 *
 * @module
 */

/** Types of weights that a manifest may name. */
const DTYPES: ReadonlySet<unknown> = new Set([
  ...["float32", "int32", "bool", "uint8", "uint16", "float16"],
]);
const MAX_TENSORS = 100_000;
const MAX_RANK = 16;

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
