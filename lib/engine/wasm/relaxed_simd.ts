/** Whether a function that uses `f32x4.relaxed_madd` validates. */
export function hasRelaxedSimd(): boolean {
  // (func (result v128) (f32x4.relaxed_madd (i32x4.splat (i32.const 0)) ... three times))
  const splat = [0x41, 0x00, 0xfd, 0x11];
  const code = [0x00, ...splat, ...splat, ...splat, 0xfd, 0x85, 0x02, 0x0b];
  const module = [0x00, 0x61, 0x73, 0x6d, 1, 0, 0, 0]
    .concat([1, 5, 1, 0x60, 0, 1, 0x7b], [3, 2, 1, 0])
    .concat([10, code.length + 2, 1, code.length, ...code]);
  return WebAssembly.validate(new Uint8Array(module));
}
