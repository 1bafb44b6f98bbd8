import { serve } from "@hono/node-server";
import type { AddressInfo } from "node:net";
import { createDashboard } from "./create_dashboard.ts";

/** A dashboard in service. */
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
