// Runs below a folder whose disk fails, one site after the other; says a report as JSON.
import * as tf from "@tensorflow/tfjs";
import { existsSync } from "node:fs";
import { cp, readdir, readFile, rm } from "node:fs/promises";
import { join } from "node:path";
import process from "node:process";
import type { Config } from "../../lib/config/mod.ts";
import { useBackend } from "../../lib/backend/use_backend.ts";
import { openCheckpoint } from "../../lib/train/run/checkpoint.ts";
import { resumeTraining } from "../../lib/train/run/resume.ts";
import { train } from "../../lib/train/run/train.ts";
import { loadSegmentationModel } from "../../lib/models/persistence/saved_model.ts";
import { subjectConfig } from "./subject.ts";
import { type FaultKind, tracedSites, watchFolder } from "./faulty_fs.ts";
import type { FaultReport } from "./disk_faults.ts";

const [folder, every, first] = [process.argv[2]!, Number(process.argv[3]), Number(process.argv[4])];
const [run, begun] = [join(folder, "run"), join(folder, "begun")];
const report: FaultReport = {
  ...{ sites: 0, injected: 0, refused: 0, survived: 0, right: 0, faults: [] },
};

await useBackend({ backend: "wasm", threads: 1 });
const config = await subjectConfig(
  ...["threads=1", "model.width=0.01", "checkpoint.keep=1", "train.epochs=1"],
  ...["schedule.warmupEpochs=0", "train.maxSteps=3"],
);
const { weightsSha256: expected } = await train(config, { out: join(folder, "whole") });
const controller = new AbortController();
await train(config, {
  out: begun,
  signal: controller.signal,
  onEvent: (event) => event.type === "step" && event.step === 2 && controller.abort(),
});

await attack("a new run", async (config) => await train(config, { out: run }), async () => {
  await rm(run, { recursive: true, force: true });
});
await attack("a resumed run", async () => await resumeTraining(run), async () => {
  await rm(run, { recursive: true, force: true });
  await cp(begun, run, { recursive: true });
});
process.stdout.write(JSON.stringify(report));
process.exit(0);

/** Lets an action fail at each of its sites, and looks at what is left. */
async function attack(
  what: string,
  action: (config: Config) => Promise<{ weightsSha256: string }>,
  prepare: () => Promise<void>,
): Promise<void> {
  await prepare();
  watchFolder(run, null);
  await action(config);
  const sites = tracedSites();
  const chosen = oneOfEach(sites);
  report.sites += sites.length;
  for (const kind of ["ENOSPC", "EIO"] satisfies FaultKind[]) {
    for (const at of chosen.filter((_, i) => i % every === first % every)) {
      const where = `${what}, ${kind} at ${at} (${sites[at]})`;
      watchFolder("", null);
      await prepare();
      const { numTensors } = tf.memory();
      watchFolder(run, { kind, at });
      const error = await action(config).then(() => null, (error: Error) => error);
      watchFolder("", null);
      report.injected++;
      if (error === null) report.survived++;
      else report.refused++;
      const faults = [
        ...error === null ? [] : faultsOf(error, kind),
        ...tf.memory().numTensors === numTensors ? [] : ["tensors were not freed"],
        ...await faultsOnDisk(kind),
        ...await faultsAfter(),
      ];
      report.faults.push(...faults.map((fault) => `${where}: ${fault}`));
      if (faults.length === 0) report.right++;
    }
  }
}

/** Of tensor after tensor written to one file the first, the middle one and the last. */
function oneOfEach(sites: readonly string[]): number[] {
  const chosen: number[] = [];
  for (let begin = 0, end: number; begin < sites.length; begin = end) {
    for (end = begin + 1; sites[end] === sites[begin];) end++;
    chosen.push(...new Set([begin, (begin + end) >> 1, end - 1]));
  }
  return chosen;
}

function faultsOf({ message }: Error, kind: FaultKind): string[] {
  const names = message.startsWith("Cannot ") && message.includes(run);
  const explains = kind === "EIO" || message.includes("the disk is full");
  return names && explains && !message.includes("\n") ? [] : [`said: ${message}`];
}

/** Everything on the disk must be whole or not there. */
async function faultsOnDisk(kind: FaultKind): Promise<string[]> {
  const faults: string[] = [];
  const names = await readdir(run, { recursive: true }).catch(() => []);
  for (const name of names) {
    // What removes files may be what failed
    if (name.endsWith(".tmp") && kind === "ENOSPC") faults.push(`${name} was left`);
    if (/step-\d+\.safetensors$/.test(name)) {
      await openCheckpoint(join(run, name)).then((file) => file.close(), (error: Error) => {
        faults.push(error.message);
      });
    }
    if (name === "metrics.json") JSON.parse(await readFile(join(run, name), "utf8"));
    if (name === "run.lock" && kind === "ENOSPC") faults.push("the lock was left");
    if (!name.endsWith("model.json")) continue;
    const loaded = await loadSegmentationModel(join(run, name, "..")).catch((error: Error) => {
      faults.push(error.message);
    });
    loaded?.model.layers.dispose();
  }
  return faults;
}

/** With room again, the run must end as one that never met a fault. */
async function faultsAfter(): Promise<string[]> {
  const again = existsSync(join(run, "config.yaml")) ? resumeTraining(run) : train(config, {
    out: run,
  });
  const result = await again.catch((error: Error) => error);
  if (result instanceof Error) return [`cannot go on: ${result.message}`];
  return result.weightsSha256 === expected ? [] : ["ended in other weights"];
}
