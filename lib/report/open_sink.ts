/**
 * Other tools' formats, written while a run goes.
 *
 * @module
 */
import {
  appendFileSync,
  existsSync,
  mkdirSync,
  readdirSync,
  readFileSync,
  renameSync,
  rmSync,
  writeFileSync,
} from "node:fs";
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
 * and `validations.csv` are gone on with. Where a run is resumed, what the files have of later steps
 * is taken back: CSV rows are removed, TensorBoard is told to forget them.
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
  const file = kind === "tensorboard"
    ? tensorBoardFile(join(folder, "tensorboard"))
    : csvFiles(folder);
  let hasStarted = false;
  return {
    write(event) {
      if (event.type === "resume") file.keepUntil(event.step);
      else if (hasStarted) file.keepUntil(-1); // a run that begins anew where another had begun
      hasStarted = event.type === "start";
      file.write(event);
    },
  };
}

/** Files of a format. */
interface SinkFile extends Sink {
  /** Takes back what is there of later steps: they happen again. */
  keepUntil(step: number): void;
}

function tensorBoardFile(folder: string): SinkFile {
  mkdirSync(folder, { recursive: true });
  const isFirst = readdirSync(folder).length === 0;
  const now = Date.now();
  const writer = new TensorBoardWriter();
  const [seconds, rest] = [Math.floor(now / 1000), String(now % 1000).padStart(3, "0")];
  // The name that TensorBoard looks for, and the order in which it reads
  const path = join(folder, `events.out.tfevents.${seconds}.segadv.${rest}`);
  appendFileSync(path, writer.header(now));
  return {
    keepUntil(step) {
      if (!isFirst) appendFileSync(path, writer.restart(Date.now(), step + 1));
    },
    write(event) {
      const records = writer.records(event);
      if (records.length > 0) appendFileSync(path, records);
    },
  };
}

/** The columns are those of the first event: a run's keys do not change. */
function csvFiles(folder: string): SinkFile {
  mkdirSync(folder, { recursive: true });
  const append = (name: string, text: string): void => {
    const path = join(folder, name);
    const rows = text.slice(text.indexOf("\n") + 1);
    appendFileSync(path, existsSync(path) ? rows : text);
  };
  return {
    keepUntil(step) {
      for (const name of ["steps.csv", "validations.csv"]) cutCsv(join(folder, name), step);
    },
    write(event) {
      if (event.type === "step") append("steps.csv", stepsCsv({ steps: [event] }));
      if (event.type === "validation") {
        append("validations.csv", validationsCsv({ validations: [event] }));
      }
    },
  };
}

/** Removes rows of later steps, and a row that a killed process left torn. */
function cutCsv(path: string, step: number): void {
  if (!existsSync(path)) return;
  const lines = readFileSync(path, "utf8").split("\n").slice(0, -1);
  const kept = lines.filter((line) => !(Number(/^(\d+),/.exec(line)?.[1] ?? -1) > step));
  const rows = kept.filter((line) => /^\d+,/.test(line));
  if (rows.length === 0) return rmSync(path);
  const rest = `${path}.${crypto.randomUUID().slice(-12)}.tmp`;
  writeFileSync(rest, kept.map((line) => `${line}\n`).join(""));
  renameSync(rest, path);
}
