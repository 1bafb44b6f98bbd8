/**
 * The studio's page as it was bundled: it lies beside this module in what is published, and
 * `deno task build:studio` makes it in a checkout.
 *
 * @module
 */
import { readFile } from "node:fs/promises";

/** Types of the page's files by their names, which are all there are. */
export const PAGE_FILES: Readonly<Record<string, string>> = {
  "index.html": "text/html; charset=utf-8",
  "style.css": "text/css; charset=utf-8",
  "studio.js": "text/javascript; charset=utf-8",
  "worker.js": "text/javascript; charset=utf-8",
  "tfjs-backend-wasm-simd.wasm": "application/wasm",
  "mozjpeg_dec.wasm": "application/wasm",
  "webp_dec.wasm": "application/wasm",
};

/** Where the page lies. */
const PAGE = new URL("./page/", import.meta.url);

/**
 * The content of all files of the page.
 *
 * @param page URL of the folder with them. @default beside this module
 * @throws {Error} If it was not built.
 */
export async function readPage(
  page: URL = PAGE,
): Promise<Map<string, Uint8Array<ArrayBuffer>>> {
  const files = new Map<string, Uint8Array<ArrayBuffer>>();
  for (const name of Object.keys(PAGE_FILES)) {
    const url = new URL(name, page);
    const bytes = await (url.protocol === "file:" ? readFile(url) : download(url)).catch(
      (cause) => {
        const remedy = "in a checkout, make it with deno task build:studio";
        throw new Error(`Cannot read the studio's page, ${name} is missing: ${remedy}`, { cause });
      },
    );
    files.set(name, new Uint8Array(bytes));
  }
  return files;
}

async function download(url: URL): Promise<Uint8Array> {
  const response = await fetch(url);
  if (!response.ok) throw new Error(`${url} answers ${response.status}`);
  return new Uint8Array(await response.arrayBuffer());
}
