/**
 * Pages for this machine alone: who may ask, and how long a client may take.
 *
 * @module
 */
import type { Context, Hono, MiddlewareHandler } from "hono";
import { serve } from "@hono/node-server";
import type { AddressInfo, Socket } from "node:net";

/** Host names of this machine; another one means a page from elsewhere (DNS rebinding). */
const LOCAL = /^(localhost|127\.0\.0\.1|\[::1\])(:\d+)?$/;

/** Milliseconds that a client may be silent in the middle of a request or an answer. */
const PATIENCE = 30_000;

/** Refuses what asks by another name, from another page's script, or to change anything. */
export function localOnly(headers: Readonly<Record<string, string>>): MiddlewareHandler {
  return async (c, next) => {
    const refused = refusalOf(c);
    if (refused !== null) return refused;
    await next();
    for (const [name, value] of Object.entries(headers)) c.header(name, value);
    c.header("X-Content-Type-Options", "nosniff");
    c.header("Cache-Control", "no-store");
  };
}

function refusalOf(c: Context): Response | null {
  const host = c.req.header("host") ?? "";
  if (!LOCAL.test(host)) return c.text("this page is local", 403);
  const origin = c.req.header("origin");
  if (origin !== undefined && origin !== `http://${host}`) {
    return c.text("this page answers no other page", 403);
  }
  if (c.req.method !== "GET" && c.req.method !== "HEAD") return c.text("read-only", 405);
  return null;
}

/** A running server. */
export interface Served {
  url: string;
  close(): Promise<void>;
}

/**
 * Serves an application on the loopback interface.
 *
 * @param options `port` 0 takes a free one; `what` names the application in errors.
 * @throws {Error} If the port is in use.
 */
export async function serveLocal(
  { fetch }: Pick<Hono, "fetch">,
  { port, what }: { port: number; what: string },
): Promise<Served> {
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
    server.on("connection", (socket: Socket) => {
      socket.setTimeout(PATIENCE, () => socket.destroy());
    });
    server.on("error", (error: NodeJS.ErrnoException) => {
      reject(
        error.code === "EADDRINUSE"
          ? new Error(`Cannot serve ${what}: port ${port} is in use; give another --port`)
          : error,
      );
    });
  });
}
