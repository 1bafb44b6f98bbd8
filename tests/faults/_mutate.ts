import fc from "fast-check";

/** One change; `place` is a share of the file's length. */
interface Edit {
  kind: string;
  place: number;
  value: number;
}

/** Numbers that sizes and counts go wrong at. */
const EDGES = [0, 1, 0x7f, 0x80, 0xff, 0x7fff, 0x8000, 0xffff, 0x7fffffff, 0x80000000, 0xffffffff];

/** Good files with bytes changed, cut out, put in, repeated, or edges of integers written over. */
export function mutations(corpus: readonly Uint8Array[]): fc.Arbitrary<Uint8Array> {
  // Without bias, as fast-check likes numbers near 0 best: all inputs would fail at their first byte
  const place = fc.noBias(fc.nat(2 ** 20 - 1)).map((n) => n / 2 ** 20);
  const edit = (kind: string, most: number): fc.Arbitrary<Edit> =>
    fc.record({ kind: fc.constant(kind), place, value: fc.nat(most) });
  const edits = fc.oneof(
    { arbitrary: edit("byte", 255), weight: 4 },
    { arbitrary: edit("bit", 7), weight: 4 },
    { arbitrary: edit("edge", EDGES.length * 2 - 1), weight: 3 },
    { arbitrary: edit("cut", 64), weight: 1 },
    { arbitrary: edit("repeat", 64), weight: 1 },
    { arbitrary: edit("end", 0), weight: 1 },
  );
  return fc.tuple(fc.nat(corpus.length - 1), fc.array(edits, { minLength: 1, maxLength: 3 }))
    .map(([index, edits]) => edits.reduce(apply, new Uint8Array(corpus[index]!)));
}

function apply(bytes: Uint8Array, { kind, place, value }: Edit): Uint8Array {
  // Most of what can go wrong stands in the first hundred bytes
  const at = Math.floor(
    place < 0.5 ? 2 * place * Math.min(100, bytes.length) : place * bytes.length,
  );
  const result = bytes.slice();
  if (kind === "end") return result.subarray(0, at);
  if (kind === "cut") return joined(result.subarray(0, at), result.subarray(at + value));
  if (kind === "repeat") return joined(result.subarray(0, at + value), result.subarray(at));
  if (at >= result.length) return result;
  if (kind === "byte") result[at] = value;
  if (kind === "bit") result[at]! ^= 1 << value;
  if (kind === "edge" && at + 4 <= result.length) {
    const view = new DataView(result.buffer, result.byteOffset);
    view.setUint32(at, EDGES[value % EDGES.length]!, value < EDGES.length);
  }
  return result;
}

function joined(a: Uint8Array, b: Uint8Array): Uint8Array {
  const result = new Uint8Array(a.length + b.length);
  result.set(a);
  result.set(b, a.length);
  return result;
}
