/** Decoders of the @jsquash packages: Emscripten modules that give RGBA. */
import { readFile } from "node:fs/promises";
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
        wasmBinary: await readFile(new URL(this.#source.binary())),
      }),
    });
  }
}
