/**
 * Unpacks the run lengths of `@thi.ng/rle-pack`, in which Label Studio keeps brush strokes: 32 bits
 * count the values, 5 bits are their size less 1, four times 4 bits the sizes of lengths less 1; then
 * runs: a bit that says whether one value is repeated, 2 bits for the size of the length less 1, the
 * length, and one value or so many.
 *
 * @param size How many values it must hold; memory is taken for no more.
 * @throws {RangeError} If it holds another number, values of more than 8 bits, or ends early.
 */
export function unpackRle(bytes: Uint8Array, size: number): Uint8Array {
  let position = 0;
  const read = (bits: number): number => {
    if (position + bits > bytes.length * 8) throw new RangeError("its run lengths break off");
    let value = 0;
    for (let i = 0; i < bits; i++, position++) {
      value = value * 2 + ((bytes[position >> 3]! >> (7 - (position & 7))) & 1);
    }
    return value;
  };
  const count = read(32);
  if (count !== size) throw new RangeError(`its run lengths hold ${count} values, not ${size}`);
  const wordSize = read(5) + 1;
  if (wordSize > 8) throw new RangeError(`its run lengths hold values of ${wordSize} bits, not 8`);
  const lengthSizes = [read(4) + 1, read(4) + 1, read(4) + 1, read(4) + 1];
  const values = new Uint8Array(size);
  for (let at = 0; at < size;) {
    const isRun = read(1) === 1;
    const end = at + 1 + read(lengthSizes[read(2)]!);
    if (end > size) throw new RangeError("its run lengths hold more values than they say");
    if (isRun) values.fill(read(wordSize), at, end);
    else for (let i = at; i < end; i++) values[i] = read(wordSize);
    at = end;
  }
  return values;
}
