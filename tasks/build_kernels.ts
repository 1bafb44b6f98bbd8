/**
 * Builds the WASM engine's kernels: `deno run -A tasks/build_kernels.ts` writes
 * `lib/engine/wasm/binaries.ts`; with `--check` it only compares and fails on a difference.
 *
 * @module
 */
import { Buffer } from "node:buffer";
import asc from "assemblyscript/asc";
import { readFile, writeFile } from "node:fs/promises";
import { join } from "node:path";
import process from "node:process";
import { microKernels } from "./_micro_kernels.ts";
import { winogradTransforms } from "./_winograd_kernels.ts";

const SOURCES = "lib/engine/wasm/assembly";
const TARGET = "lib/engine/wasm/binaries.ts";

/** Compiles one variant and returns the binary. */
async function compile(relaxed: boolean): Promise<Uint8Array> {
  let binary: Uint8Array | undefined;
  const features = ["simd", "threads", "bulk-memory", ...(relaxed ? ["relaxed-simd"] : [])];
  const { error, stderr } = await asc.main([
    "index.ts",
    "--outFile",
    "kernels.wasm",
    "--runtime",
    "stub",
    "--importMemory",
    "--sharedMemory",
    "--initialMemory",
    "1",
    "--maximumMemory",
    "65536",
    "--noAssert",
    "-O3",
    "--converge",
    ...features.flatMap((name) => ["--enable", name]),
  ], {
    readFile: async (name: string): Promise<string | null> => {
      if (name === "micro.ts") return microKernels();
      if (name === "transforms.ts") return winogradTransforms();
      return await readFile(join(SOURCES, name), "utf8").catch(() => null);
    },
    writeFile: (_name: string, contents: string | Uint8Array): void => {
      if (typeof contents !== "string") binary = contents;
    },
    listFiles: () => [],
  });
  if (error || !binary) throw new Error(`cannot compile ${SOURCES}: ${error}\n${stderr}`);
  return binary;
}

function constant(name: string, comment: string, binary: Uint8Array): string {
  const text = Buffer.from(binary).toString("base64");
  return `/** ${comment} */\nexport const ${name}: string =\n  "${text}";\n`;
}

const [plain, relaxed] = [await compile(false), await compile(true)];
const text = [
  "// Built by tasks/build_kernels.ts from lib/engine/wasm/assembly; do not edit.\n",
  "// deno-fmt-ignore-file\n",
  constant("PLAIN", "Kernels with separate multiply and add: the same bits everywhere.", plain),
  constant(
    "RELAXED",
    "Kernels with relaxed multiply-add: faster, bits depend on the CPU.",
    relaxed,
  ),
].join("");

if (process.argv.includes("--check")) {
  if (await readFile(TARGET, "utf8") !== text) {
    throw new Error(`${TARGET} differs from its sources; run: deno run -A tasks/build_kernels.ts`);
  }
} else await writeFile(TARGET, text);
console.log(`plain ${plain.length} bytes, relaxed ${relaxed.length} bytes`);
