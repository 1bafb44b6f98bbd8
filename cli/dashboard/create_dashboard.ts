/**
 * The live view of runs as a web application: read-only, and for this machine alone.
 *
 * @module
 */
import { Hono } from "hono";
import { streamSSE } from "hono/streaming";
import { createHash } from "node:crypto";
import { join } from "node:path";
import { localOnly, type Served, serveLocal } from "../local_server.ts";
import { findRuns, followFile } from "./_runs.ts";
import { PAGE, SCRIPT } from "./_page.ts";

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
  app.use(localOnly({ "Content-Security-Policy": POLICY }));
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

/** Serves the runs below a folder to this machine alone; port 0 takes a free one. */
export async function serveDashboard(folder: string, port: number): Promise<Served> {
  return await serveLocal(createDashboard(folder), { port, what: "the dashboard" });
}
