/**
 * The live view of runs as a web application: read-only, and for this machine alone.
 *
 * @module
 */
import { Hono } from "hono";
import { streamSSE } from "hono/streaming";
import { serve } from "@hono/node-server";
import { createHash } from "node:crypto";
import { join } from "node:path";
import type { AddressInfo } from "node:net";
import { findRuns, followFile } from "./_runs.ts";
import { PAGE, SCRIPT } from "./_page.ts";

/** Host names of this machine; another one means a page from elsewhere (DNS rebinding). */
const LOCAL = /^(localhost|127\.0\.0\.1|\[::1\])(:\d+)?$/;

/** Hash of the page's own script, the only one that the policy lets run. */
const SCRIPT_HASH = createHash("sha256").update(SCRIPT).digest("base64");

/** Milliseconds after which a page that lost its connection connects again. */
const RETRY = 1000;

/** Content security policy: the page's own script and style, and requests to this server. */
const POLICY =
  `default-src 'none'; style-src 'unsafe-inline'; script-src 'sha256-${SCRIPT_HASH}'; ` +
  "connect-src 'self'; img-src data:; frame-ancestors 'none'";

/**
 * Makes the application: `/` is the page, `/api/runs` lists the runs below a folder, and
 * `/api/events?run=NAME` streams the events of one, from the start or from where a reconnecting
 * page left off. It reads the logs of listed runs and no other file.
 */
export function createDashboard(folder: string): Hono {
  const app = new Hono();
  app.use(async (c, next) => {
    if (!LOCAL.test(c.req.header("host") ?? "")) return c.text("this view is local", 403);
    if (c.req.method !== "GET" && c.req.method !== "HEAD") return c.text("read-only", 405);
    await next();
    c.header("Content-Security-Policy", POLICY);
    c.header("X-Content-Type-Options", "nosniff");
    c.header("Cache-Control", "no-store");
  });
  app.get("/", (c) => c.html(PAGE));
  app.get("/api/runs", async (c) => c.json(await findRuns(folder)));
  app.get("/api/events", async (c) => {
    const run = c.req.query("run") ?? "";
    // Only listed runs: no path from a request is ever opened
    const known = (await findRuns(folder)).some((found) => found.run === run);
    if (!known) return c.text("there is no such run", 404);
    const from = Number(c.req.header("last-event-id") ?? 0);
    return streamSSE(c, async (stream) => {
      const closed = new AbortController();
      stream.onAbort(() => closed.abort());
      const options = {
        from: Number.isSafeInteger(from) && from > 0 ? from : 0,
        signal: closed.signal,
      };
      for await (const followed of followFile(join(folder, run, "events.jsonl"), options)) {
        if (followed === "cut") await stream.writeSSE({ event: "cut", data: "", id: "0" });
        else await stream.writeSSE({ data: followed.line, id: String(followed.end), retry: RETRY });
      }
    });
  });
  return app;
}

/** A running dashboard. */
export interface Served {
  url: string;
  close(): Promise<void>;
}

/** Serves the runs below a folder to this machine alone; port 0 takes a free one. */
export async function serveDashboard(folder: string, port: number): Promise<Served> {
  const { fetch } = createDashboard(folder);
  return await new Promise((resolve, reject) => {
    const server = serve({ fetch, hostname: "127.0.0.1", port }, (info: AddressInfo) => {
      resolve({
        url: `http://127.0.0.1:${info.port}/`,
        close: () =>
          new Promise((done) => {
            server.close(() => done());
            // Event streams never end by themselves
            if ("closeAllConnections" in server) server.closeAllConnections();
          }),
      });
    });
    server.on("error", (error: NodeJS.ErrnoException) => {
      reject(
        error.code === "EADDRINUSE"
          ? new Error(`Cannot serve the dashboard: port ${port} is in use; give another --port`)
          : error,
      );
    });
  });
}
