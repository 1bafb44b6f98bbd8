/** Decoders of the @jsquash packages: Emscripten modules that give RGBA. */
import type * as fs from "node:fs/promises";
import { builtin } from "../../util/host.ts";
import { runtimeName } from "../../util/version.ts";

/** What of a module is used here; further arguments are its own. */
interface DecoderModule {
  decode(bytes: Uint8Array, ...more: unknown[]): ImageData | null;
}

/** Makes a module. */
export type Codec = (options: Record<string, unknown>) => Promise<DecoderModule>;

/** Where a decoder comes from. */
export interface WasmDecoderSource {
  /** What `decode` takes after the bytes; no more and no less. */
  readonly arguments: readonly unknown[];
  create(): Promise<Codec>;
  /** URL of its binary, which Node's `fetch` does not read. */
  binary(): string;
}

/** A picture, and what the decoder printed; `null` where it failed. */
export interface DecodedPicture {
  image: ImageData | null;
  warnings: string[];
}

/** One decoder, loaded at its first use. */
export class WasmDecoder {
  readonly #name: string;
  readonly #source: WasmDecoderSource;
  #loading: Promise<DecoderModule> | undefined;
  #warnings: string[] = [];

  constructor(name: string, source: WasmDecoderSource) {
    this.#name = name;
    this.#source = source;
  }

  /** @throws {Error} If the decoder cannot be loaded. */
  async decode(bytes: Uint8Array): Promise<DecodedPicture> {
    const module = await this.#load();
    // From here on nothing is awaited, so the warnings are about this picture.
    this.#warnings = [];
    let image: ImageData | null = null;
    try {
      image = module.decode(bytes, ...this.#source.arguments);
    } catch {
      this.#loading = undefined; // its memory cannot be trusted any more: load it afresh next time
    }
    return { image, warnings: this.#warnings };
  }

  async #load(): Promise<DecoderModule> {
    this.#loading ??= this.#start();
    try {
      return await this.#loading;
    } catch (error) {
      this.#loading = undefined;
      const why = (error as Error).message;
      throw new Error(`Cannot load the ${this.#name} decoder: ${why}`, { cause: error });
    }
  }

  async #start(): Promise<DecoderModule> {
    const create = await this.#source.create();
    return await create({
      noInitialRun: true,
      print: () => {},
      printErr: (line: string) => this.#warnings.push(line),
      ...(runtimeName().startsWith("node ") && {
        wasmBinary: await builtin<typeof fs>("node:fs/promises")!
          .readFile(new URL(this.#source.binary())),
      }),
    });
  }
}

/** RGB of RGBA, four pixels at a time where the processor has its low byte first. */
export function dropAlpha(rgba: ImageData["data"]): Uint8Array {
  const pixels = rgba.length / 4;
  // Rounded up to whole words, so that the last four pixels can be written as words too.
  const words = new Uint32Array(Math.ceil(pixels / 4) * 3);
  const rgb = new Uint8Array(words.buffer, 0, pixels * 3);
  const source = new Uint32Array(rgba.buffer, rgba.byteOffset, pixels);
  const whole = LITTLE_ENDIAN ? pixels - pixels % 4 : 0;
  for (let from = 0, to = 0; from < whole; from += 4, to += 3) {
    const [b, c] = [source[from + 1]!, source[from + 2]!];
    words[to] = source[from]! & 0xffffff | b << 24;
    words[to + 1] = b >>> 8 & 0xffff | c << 16;
    words[to + 2] = c >>> 16 & 0xff | source[from + 3]! << 8;
  }
  for (let from = whole * 4, to = whole * 3; to < rgb.length; from += 4, to += 3) {
    rgb[to] = rgba[from]!;
    rgb[to + 1] = rgba[from + 1]!;
    rgb[to + 2] = rgba[from + 2]!;
  }
  return rgb;
}

const LITTLE_ENDIAN = new Uint8Array(Uint32Array.of(1).buffer)[0] === 1;
