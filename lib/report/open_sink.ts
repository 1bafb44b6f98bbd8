/**
 * Other tools' formats, written while a run goes.
 *
 * @module
 */
import { appendFileSync, existsSync, mkdirSync } from "node:fs";
import { join } from "node:path";
import type { TrainEvent } from "../train/events.ts";
import { stepsCsv, validationsCsv } from "./csv.ts";
import { TensorBoardWriter } from "./tensorboard.ts";

/** Receives the events of a run, in order. */
export interface Sink {
  write(event: TrainEvent): void;
}

/** What can be written. */
export type SinkKind = "tensorboard" | "csv";

/** Every {@linkcode SinkKind}. */
export const sinkKinds: readonly SinkKind[] = ["tensorboard", "csv"];

/**
 * Opens a sink below a run's folder: `tensorboard/` gets a new event file each time, `steps.csv`
 * and `validations.csv` are gone on with.
 *
 * @throws {Error} If the folder cannot be written.
 * @example Event files of a run that is over
 * ```ts
 * import { loadConfig, train } from "@segadv/segadv";
 * import { openSink } from "@segadv/segadv/report";
 * import { mkdtemp, readdir } from "node:fs/promises";
 * import { tmpdir } from "node:os";
 * import { join } from "node:path";
 * import assert from "node:assert/strict";
 *
 * const folder = await mkdtemp(join(tmpdir(), "segadv-"));
 * const sink = openSink("tensorboard", folder);
 * const overrides = ["backend=cpu", "train.maxSteps=1", "data.crop=[32,32]", "data.batch=1"];
 * const config = await loadConfig({ preset: "fixtures", overrides });
 * await train(config, { onEvent: (event) => sink.write(event) });
 * assert.equal((await readdir(join(folder, "tensorboard"))).length, 1);
 * ```
 */
export function openSink(kind: SinkKind, folder: string): Sink {
  return kind === "tensorboard" ? tensorBoardSink(join(folder, "tensorboard")) : csvSink(folder);
}

function tensorBoardSink(folder: string): Sink {
  mkdirSync(folder, { recursive: true });
  const now = Date.now();
  const writer = new TensorBoardWriter();
  // The name that TensorBoard looks for
  const path = join(folder, `events.out.tfevents.${Math.floor(now / 1000)}.segadv.${now % 1000}`);
  appendFileSync(path, writer.header(now));
  return {
    write(event) {
      const records = writer.records(event);
      if (records.length > 0) appendFileSync(path, records);
    },
  };
}

/** The columns are those of the first event: a run's keys do not change. */
function csvSink(folder: string): Sink {
  mkdirSync(folder, { recursive: true });
  const append = (name: string, text: string): void => {
    const path = join(folder, name);
    const rows = text.slice(text.indexOf("\n") + 1);
    appendFileSync(path, existsSync(path) ? rows : text);
  };
  return {
    write(event) {
      if (event.type === "step") append("steps.csv", stepsCsv({ steps: [event] }));
      if (event.type === "validation") {
        append("validations.csv", validationsCsv({ validations: [event] }));
      }
    },
  };
}
