import type { TrainEvent } from "@segadv/segadv";
import { basename, dirname } from "node:path";
import { UsageError } from "../errors.ts";
import type { Terminal } from "../ui/terminal.ts";

/** What receives a run's events besides the terminal. */
export interface TrainSinks {
  onEvent(event: TrainEvent): void;
  /** Ends the dashboard. */
  close(): Promise<void>;
}

/** The options of `train` that name sinks. */
export interface SinkOptions {
  tensorboard?: boolean | undefined;
  csv?: boolean | undefined;
  /** The run that goes on. */
  resume?: string | undefined;
  /** A port, or true for the default one. */
  dashboard?: string | boolean | undefined;
}

/**
 * Starts the dashboard and prepares the sinks. These open their files with the first event: `train`
 * refuses a run folder that is not empty.
 */
export async function openTrainSinks(
  { tensorboard = false, csv = false, dashboard = false, resume }: SinkOptions,
  { out, terminal }: { out: string; terminal: Terminal },
): Promise<TrainSinks> {
  const wanted = { tensorboard, csv };
  const isNamed = resume !== undefined || tensorboard || csv;
  const report = isNamed ? await import("@segadv/segadv/report") : null;
  const names = Object.entries(wanted).map(([name]) => name).filter((name) => (
    wanted[name as keyof typeof wanted] ||
    // What a run has begun with it goes on with, whether or not it is asked for again
    (resume !== undefined && report!.sinks.get(name).isIn(out))
  ));
  const served = dashboard === false ? null : await serve(dashboard, out);
  if (served !== null) {
    terminal.err.write(`live view: ${served.url}#${encodeURIComponent(basename(out))}\n`);
  }
  let sinks: { write(event: TrainEvent): void }[] | null = null;
  return {
    onEvent(event) {
      sinks ??= names.map((name) => report!.openSink(name, out));
      for (const sink of sinks) sink.write(event);
    },
    close: async () => await served?.close(),
  };
}

async function serve(
  dashboard: string | true,
  out: string,
): Promise<{ url: string; close(): Promise<void> }> {
  const { DASHBOARD_PORT } = await import("../commands/dashboard.ts");
  const port = dashboard === true ? DASHBOARD_PORT : Number(dashboard);
  if (!Number.isInteger(port) || port < 0 || port > 65535) {
    throw new UsageError(`Expected a port from 0 to 65535 after --dashboard, got ${dashboard}`);
  }
  const { serveDashboard } = await import("../dashboard/create_dashboard.ts");
  return await serveDashboard(dirname(out), port);
}
