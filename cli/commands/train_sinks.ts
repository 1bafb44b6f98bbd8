import type { TrainEvent } from "@segadv/segadv";
import { basename, dirname } from "node:path";
import { UsageError } from "../errors.ts";
import type { Terminal } from "../ui/terminal.ts";

/** Who else listens to a run. */
export interface Company {
  onEvent(event: TrainEvent): void;
  end(): Promise<void>;
}

/** What `train` was asked for. */
interface Wishes {
  tensorboard?: boolean | undefined;
  csv?: boolean | undefined;
  /** A port, or true for the usual one. */
  dashboard?: string | boolean | undefined;
}

/** Opens sinks and dashboard as asked for. The run's folder must stay free of them until it begins. */
export async function keepCompany(
  { tensorboard = false, csv = false, dashboard = false }: Wishes,
  { out, terminal }: { out: string; terminal: Terminal },
): Promise<Company> {
  const kinds = [
    ...(tensorboard ? ["tensorboard"] as const : []),
    ...(csv ? ["csv"] as const : []),
  ];
  const report = kinds.length > 0 ? await import("@segadv/segadv/report") : null;
  const served = dashboard === false ? null : await serve(dashboard, out);
  if (served !== null) {
    terminal.err.write(`live view: ${served.url}#${encodeURIComponent(basename(out))}\n`);
  }
  let sinks: { write(event: TrainEvent): void }[] | null = null;
  return {
    onEvent(event) {
      sinks ??= kinds.map((kind) => report!.openSink(kind, out));
      for (const sink of sinks) sink.write(event);
    },
    end: async () => await served?.close(),
  };
}

async function serve(
  dashboard: string | true,
  out: string,
): Promise<{ url: string; close(): Promise<void> }> {
  const { DASHBOARD_PORT } = await import("./dashboard.ts");
  const port = dashboard === true ? DASHBOARD_PORT : Number(dashboard);
  if (!Number.isInteger(port) || port < 0 || port > 65535) {
    throw new UsageError(`Expected a port from 0 to 65535 after --dashboard, got ${dashboard}`);
  }
  const { serveDashboard } = await import("../dashboard/_serve.ts");
  return await serveDashboard(dirname(out), port);
}
