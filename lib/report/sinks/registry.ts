/**
 * Formats of other tools, written while a run goes on.
 *
 * @module
 */
import { Registry } from "../../util/registry.ts";
import { csv } from "./csv.ts";
import type { Sink, SinkEntry } from "./sink.ts";
import { tensorboard } from "./tensorboard.ts";

/** Every sink by name; a new one is a file beside this and a line here. */
export const sinks: Registry<SinkEntry> = new Registry("sink", [tensorboard, csv]);

/**
 * Opens a sink below a run's folder. Where a run is resumed, goes back or begins anew, what the files hold of
 * later steps is removed or marked as void.
 *
 * @param name A name in {@linkcode sinks}: `tensorboard` or `csv`.
 * @throws {RangeError} If there is no such sink.
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
export function openSink(name: string, folder: string): Sink {
  const files = sinks.get(name).open(folder);
  let hasStarted = false;
  return {
    write(event) {
      if (event.type === "resume" || event.type === "rollback") files.keepUntil(event.step);
      else if (hasStarted) files.keepUntil(-1); // a run that begins anew where another had begun
      hasStarted = event.type === "start";
      files.write(event);
    },
  };
}
