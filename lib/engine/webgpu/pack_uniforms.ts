import type { ProgramUniform } from "./tfjs_backend.ts";

/** Lays scalars and small vectors out by WGSL's alignment rules, as tfjs's shaders declare them. */
export function packUniforms(uniforms: ProgramUniform[]): ArrayBuffer {
  let offset = 0;
  let largest = 4;
  let before = 0;
  const places = uniforms.map(({ type, data }) => {
    const values = data.length === 0 ? [1] : data;
    // Rank 5 and 6 are structs of 16-byte alignment, and so is what follows them.
    const align = values.length === 1 ? 4 : values.length === 2 ? 8 : 16;
    const aligned = before > 4 ? 16 : align;
    largest = Math.max(largest, aligned);
    offset = Math.ceil(offset / aligned) * aligned;
    const place = { type, values, offset };
    offset += 4 * values.length;
    before = values.length;
    return place;
  });
  const bytes = new ArrayBuffer(Math.ceil(offset / largest) * largest);
  for (const { type, values, offset } of places) {
    const Numbers = type === "int32" ? Int32Array : type === "uint32" ? Uint32Array : Float32Array;
    new Numbers(bytes, offset, values.length).set(values);
  }
  return bytes;
}
