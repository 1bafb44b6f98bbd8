import { float32Values } from "./float32_values.ts";
import { openSafetensors, type Safetensors } from "./safetensors.ts";
import { sizeOf } from "./strided.ts";
import type { WeightFile } from "../weight_file.ts";

/**
 * Opens a safetensors file as weights; one that was sealed is checked byte for byte. Where an integer tensor NAME has NAME_scale and NAME_zero
 * beside it (one value, or one for each output channel), it stands for `(q - zero) * scale`.
 */
export async function openSafetensorsWeights(path: string): Promise<WeightFile> {
  const file = await openSafetensors(path);
  if (file.isSealed) {
    await file.verify().catch(async (error) => {
      await file.close();
      throw error;
    });
  }
  const { entries } = file;
  const isCode = (name: string): boolean =>
    entries.has(`${name}_scale`) && /^[IU](8|16|32)$/.test(entries.get(name)?.dtype ?? "");
  const isHelper = (name: string): boolean => {
    const end = /_(scale|zero)$/.exec(name);
    return end !== null && isCode(name.slice(0, end.index));
  };
  const tensors = new Map([...entries].filter(([name]) => !isHelper(name)));
  return {
    path,
    format: "safetensors",
    tensors,
    saved: null,
    async read(name) {
      if (!isCode(name)) return await valuesOf(file, name);
      return await dequantized(file, name);
    },
    close: () => file.close(),
  };
}

async function valuesOf(file: Safetensors, name: string): Promise<Float32Array<ArrayBuffer>> {
  return float32Values(await file.read(name), file.entries.get(name)?.dtype ?? "F32");
}

async function dequantized(file: Safetensors, name: string): Promise<Float32Array<ArrayBuffer>> {
  const { shape } = file.entries.get(name)!;
  const values = await valuesOf(file, name);
  const scale = await valuesOf(file, `${name}_scale`);
  const hasZero = file.entries.has(`${name}_zero`);
  const zero = hasZero ? await valuesOf(file, `${name}_zero`) : new Float32Array(scale.length);
  const channels = shape[0] ?? 1;
  if (zero.length !== scale.length || (scale.length !== 1 && scale.length !== channels)) {
    throw new SyntaxError(
      `Cannot read ${name} [${shape}]: it has ${scale.length} scales and ${zero.length} zero ` +
        `points, needs one of each or ${channels}`,
    );
  }
  const perScale = sizeOf(shape) / scale.length;
  for (let i = 0; i < values.length; i++) {
    const channel = Math.floor(i / perScale);
    values[i] = (values[i]! - zero[channel]!) * scale[channel]!;
  }
  return values;
}
