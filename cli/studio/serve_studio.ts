/**
 * The studio: its page and one network, for this machine alone, or as files for any host.
 *
 * @module
 */
import { Hono } from "hono";
import { makeFolder, writeFileAtomic } from "@segadv/segadv/util";
import { readFile } from "node:fs/promises";
import { dirname, join } from "node:path";
import { localOnly, type Served, serveLocal } from "../local_server.ts";
import { networkFiles } from "./network_files.ts";
import { PAGE_FILES, readPage } from "./page_files.ts";

/** What the page may do: run its own code and workers, compile WASM, and ask this server alone. */
const POLICY = "default-src 'none'; script-src 'self' blob: 'wasm-unsafe-eval'; " +
  "worker-src 'self' blob:; style-src 'self'; img-src 'self' blob: data:; " +
  "media-src blob:; connect-src 'self' blob:; base-uri 'none'; form-action 'none'; " +
  "frame-ancestors 'none'";

/** Headers of all answers: those that isolate the page, so that it may use threads, among them. */
const HEADERS = {
  "Content-Security-Policy": POLICY,
  "Cross-Origin-Opener-Policy": "same-origin",
  "Cross-Origin-Embedder-Policy": "require-corp",
  "Cross-Origin-Resource-Policy": "same-origin",
  "Referrer-Policy": "no-referrer",
};

/** Where the parts of the studio lie. */
export interface StudioOptions {
  /** Folder of a run or of a model; `null`: the user opens one in the page. */
  network: string | null;
  /** URL of the folder of the built page. @default beside this package's modules */
  page?: URL | undefined;
}

/**
 * Makes the application: the page's files by their names, `model/files.json` with the names of the
 * network's files, and these. No path of a request is ever opened: names are looked up.
 *
 * @throws {Error} If the page was not built.
 */
export async function createStudio({ network, page }: StudioOptions): Promise<Hono> {
  const files = await readPage(page);
  const app = new Hono();
  app.use(localOnly(HEADERS));
  app.get("/model/files.json", async (c) => {
    const names = network === null ? [] : await networkFiles(network);
    return names.length === 0 ? c.text("there is no network", 404) : c.json(names);
  });
  app.get("/*", async (c) => {
    const name = c.req.path.slice(1) || "index.html";
    const own = files.get(name);
    if (own !== undefined) return c.body(own, 200, { "Content-Type": PAGE_FILES[name]! });
    const wanted = name.startsWith("model/") ? name.slice("model/".length) : null;
    const known = network === null || wanted === null ? [] : await networkFiles(network);
    if (network === null || wanted === null || !known.includes(wanted)) {
      return c.text("there is no such file", 404);
    }
    const bytes = new Uint8Array(await readFile(join(network, wanted)));
    return c.body(bytes, 200, { "Content-Type": "application/octet-stream" });
  });
  return app;
}

/** Serves the studio; port 0 takes a free one. */
export async function serveStudio(options: StudioOptions, port: number): Promise<Served> {
  return await serveLocal(await createStudio(options), { port, what: "the studio" });
}

/**
 * Writes the studio as files that any host can serve, the network among them. On a host that sends
 * neither COOP nor COEP, the page works with one thread and says so.
 *
 * @throws {Error} If the page was not built, or the folder cannot be written.
 */
export async function buildStudioSite(
  { network, page }: StudioOptions,
  out: string,
): Promise<void> {
  const files = new Map<string, Uint8Array>(await readPage(page));
  const names = network === null ? [] : await networkFiles(network);
  for (const name of names) files.set(`model/${name}`, await readFile(join(network!, name)));
  if (names.length > 0) {
    files.set("model/files.json", new TextEncoder().encode(JSON.stringify(names)));
  }
  for (const [name, bytes] of files) {
    await makeFolder(dirname(join(out, name)));
    await writeFileAtomic(join(out, name), bytes);
  }
}
