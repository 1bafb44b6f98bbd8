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
  // An entry is what stands at a place of the target already: the one before and a value more
  const places = new Uint32Array(MAX_CODES);
  const lengths = new Uint16Array(MAX_CODES);
  let [next, size, place, length] = [clear + 2, bits + 1, -1, 0];
  let [held, heldBits, at, to] = [0, 0, 0, 0];
  while (to < target.length) {
    while (heldBits < size) {
      if (at >= bytes.length) return to;
      held = highFirst ? held << 8 | bytes[at++]! : held | bytes[at++]! << heldBits;
      heldBits += 8;
    }
    heldBits -= size;
    const mask = (1 << size) - 1;
    const code = highFirst ? held >>> heldBits & mask : held & mask;
    held = highFirst ? held & (1 << heldBits) - 1 : held >>> size;
    if (code === clear) {
      [next, size, place] = [clear + 2, bits + 1, -1];
      continue;
    }
    if (code === clear + 1) break;
    if (place >= 0 && next < MAX_CODES) {
      places[next] = place;
      lengths[next] = length + 1;
      next++;
      if (next + (early ? 1 : 0) >= 1 << size && size < 12) size++;
    }
    if (code >= next || (place < 0 && code >= clear)) {
      throw new SyntaxError(`code ${code} of the compressed data is of no entry`);
    }
    place = to;
    if (code < clear) {
      length = 1;
      target[to++] = code;
      continue;
    }
    length = lengths[code]!;
    const from = places[code]!;
    const end = Math.min(target.length, to + length);
    // Value by value: the newest entry ends with what is written first
    for (let i = from; to < end; i++) target[to++] = target[i]!;
  }
  return to;
}
