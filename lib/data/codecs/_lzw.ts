/** LZW as TIFF and GIF have it. */

/** How codes are packed, and how many values there are. */
export interface LzwOptions {
  /** Bits of a value: codes for it, for a reset and for the end follow. */
  bits: number;
  /** Whether codes begin at the highest bit of a byte (TIFF) or at the lowest (GIF). */
  highFirst: boolean;
  /** Whether codes get longer one entry before they must (TIFF). */
  early: boolean;
}

const MAX_CODES = 4096;

/**
 * Unpacks values until `target` is full, the end code comes or the bytes end.
 *
 * @returns How many values there were.
 * @throws {SyntaxError} If a code is of no entry.
 */
export function unpackLzw(bytes: Uint8Array, target: Uint8Array, options: LzwOptions): number {
  const { bits, highFirst, early } = options;
  const clear = 1 << bits;
  const prefixes = new Uint16Array(MAX_CODES);
  const suffixes = new Uint8Array(MAX_CODES);
  const lengths = new Uint16Array(MAX_CODES);
  for (let i = 0; i < clear; i++) [suffixes[i], lengths[i]] = [i, 1];
  let [next, size, previous] = [clear + 2, bits + 1, -1];
  let [held, heldBits, at, to] = [0, 0, 0, 0];
  while (to < target.length) {
    while (heldBits < size) {
      if (at >= bytes.length) return to;
      held = highFirst ? held << 8 | bytes[at++]! : held | bytes[at++]! << heldBits;
      heldBits += 8;
    }
    heldBits -= size;
    const code = highFirst ? held >>> heldBits & (1 << size) - 1 : held & (1 << size) - 1;
    held = highFirst ? held & (1 << heldBits) - 1 : held >>> size;
    if (code === clear) {
      [next, size, previous] = [clear + 2, bits + 1, -1];
      continue;
    }
    if (code === clear + 1) break;
    const isNew = code === next && previous >= 0;
    if (code > next || (code === next && !isNew) || (previous < 0 && code >= clear)) {
      throw new SyntaxError(`code ${code} of the compressed data is of no entry`);
    }
    if (previous >= 0 && next < MAX_CODES) {
      prefixes[next] = previous;
      lengths[next] = lengths[previous]! + 1;
      suffixes[next] = firstOf(isNew ? previous : code);
      next++;
      if (next + (early ? 1 : 0) >= 1 << size && size < 12) size++;
    }
    const length = lengths[code]!;
    // From its last value to its first, as entries name the one before
    let entry = code;
    for (let i = to + length - 1; i >= to; i--) {
      if (i < target.length) target[i] = suffixes[entry]!;
      entry = prefixes[entry]!;
    }
    to = Math.min(target.length, to + length);
    previous = code;
  }
  return to;

  function firstOf(code: number): number {
    while (code >= clear) code = prefixes[code]!;
    return suffixes[code]!;
  }
}
