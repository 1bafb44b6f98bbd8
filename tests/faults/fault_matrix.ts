import * as tf from "@tensorflow/tfjs";
import { spawn } from "node:child_process";
import { rmSync } from "node:fs";
import { cp, mkdtemp, readdir, readFile, rm, writeFile } from "node:fs/promises";
import { hostname, tmpdir } from "node:os";
import { join } from "node:path";
import process from "node:process";
import { fileURLToPath } from "node:url";
import type { Config } from "../../lib/config/mod.ts";
import { type BackendInfo, useBackend } from "../../lib/backend/use_backend.ts";
import { lockFolder } from "../../lib/util/lock.ts";
import type { TrainEvent } from "../../lib/train/events.ts";
import { resumeTraining } from "../../lib/train/run/resume.ts";
import { train } from "../../lib/train/run/train.ts";
import type { TrainResult } from "../../lib/train/events.ts";
import { matrixConfig } from "./_matrix_config.ts";

/** What every fault came to on a backend. */
export interface MatrixReport {
  backend: string;
  /** By fault, as RELIABILITY.md names them: what was said, and how the run went on. */
  outcomes: Record<string, string>;
  faults: string[];
}

/** What a case works with: nothing of it is shared with the next. */
interface Scene {
  backend: BackendInfo;
  config(...more: string[]): Promise<Config>;
  /** Folder of a run that does not exist yet. */
  out: string;
  /** Copies a run that was stopped after step 4, with checkpoints at 2 and 4, to `out`. */
  stopped(): Promise<void>;
  /** Hash of the weights that every run must end in. */
  expected: string;
}

/** Does one fault to a run of its own; gives the outcome in a line, or throws. */
type Case = (scene: Scene) => Promise<string>;

const CASES: Readonly<Record<string, Case>> = {
  "kill -9, power loss": killed,
  "Ctrl-C": aborted,
  "loss or weight not finite": notFinite,
  "the same, rollback": rolledBack,
  "out of memory": outOfMemory,
  "device lost": deviceLost,
  "folder taken away": folderGone,
  "damaged checkpoint": damagedCheckpoint,
  "second process on a run": secondProcess,
  "lock of a process that is gone": staleLock,
};

/** Names of the faults, in their order. */
export const matrixFaults: readonly string[] = Object.keys(CASES);

/** Does each fault to a run on a backend, and has the run go on to the weights it should have. */
export async function faultMatrix(
  backendName: "wasm" | "webgpu",
  options: { only?: readonly string[] } = {},
): Promise<MatrixReport> {
  const folder = await mkdtemp(join(tmpdir(), "segadv-matrix-"));
  const report: MatrixReport = { backend: backendName, outcomes: {}, faults: [] };
  const config: Scene["config"] = (...more) => matrixConfig(backendName, ...more);
  try {
    const backend = await useBackend({ backend: backendName, threads: 1 });
    const { weightsSha256: expected } = await train(await config(), { backend });
    const begun = join(folder, "begun");
    await train(await config(), { out: begun, backend, ...stopAfter(4) });
    for (const [i, [fault, act]] of Object.entries(CASES).entries()) {
      if (options.only?.includes(fault) === false) continue;
      const out = join(folder, `run-${i}`);
      const stopped = (): Promise<void> => cp(begun, out, { recursive: true });
      // A case may have lost its device
      const backend = await useBackend({ backend: backendName, threads: 1 });
      report.outcomes[fault] = await act({ backend, config, out, stopped, expected })
        .catch((error: Error) => {
          report.faults.push(`${fault}: ${error.message}`);
          return "FAULT";
        });
    }
  } finally {
    await rm(folder, { recursive: true, force: true });
  }
  return report;
}

async function killed({ backend, out, expected }: Scene): Promise<string> {
  const program = fileURLToPath(new URL("./_matrix_program.ts", import.meta.url));
  const flags = "deno" in process.versions ? ["run", "-A", "--no-check", program] : [program];
  const child = spawn(process.execPath, [...flags, out, backend.name], { stdio: "ignore" });
  const over = new Promise((resolve) => child.on("close", resolve));
  const hasCheckpoint = async (): Promise<boolean> =>
    (await readdir(join(out, "checkpoint")).catch(() => [])).some((name) =>
      name.startsWith("step")
    );
  while (child.exitCode === null && !await hasCheckpoint()) await moment();
  child.kill("SIGKILL");
  await over;
  return `resumed at step ${await goOn(out, expected)}, bit-identical`;
}

async function aborted({ config, out, backend, expected }: Scene): Promise<string> {
  const { reason } = await train(await config(), { out, backend, ...stopAfter(3) });
  return `${reason}, resumed at step ${await goOn(out, expected)}, bit-identical`;
}

async function notFinite({ config, out, backend }: Scene): Promise<string> {
  const error = await failure(train(await config(), { out, backend, ...after(3, spoil) }));
  const names = (await readdir(join(out, "checkpoint"))).map((name) => Number(/\d+/.exec(name)));
  check(Math.max(...names) === 2, `checkpoints are ${names}`);
  check(/is NaN/.test(error), error);
  return "stopped, nothing kept from beyond it";
}

async function rolledBack({ config, out, backend }: Scene): Promise<string> {
  let spoilt = false;
  const said: string[] = [];
  const onEvent = (event: TrainEvent): void => {
    if (event.type === "warning") said.push(event.message);
    if (event.type !== "step" || event.step !== 3 || spoilt) return;
    spoilt = true;
    spoil();
  };
  const wanted = await config("train.onNonFinite=rollback");
  const { reason } = await train(wanted, { out, backend, onEvent });
  check(reason === "finished" && said.join().includes("went back to step 2"), said.join());
  return "went back to the checkpoint, finished with lower rates";
}

async function outOfMemory({ config, out, backend, expected }: Scene): Promise<string> {
  const run = train(await config(), {
    out,
    backend: atCheck(backend, () => {
      tf.tidy(() => tf.fill([2 ** 15, 2 ** 15, 4], 1).add(1)); // 16 GiB
    }),
  });
  const error = await failure(run);
  check(/memory|allocat|array length|binds at most/i.test(error), error);
  await useBackend({ backend: backend.name, threads: 1 });
  return `error, resumed at step ${await goOn(out, expected)}, bit-identical`;
}

async function deviceLost({ config, out, backend, expected }: Scene): Promise<string> {
  if (backend.name !== "webgpu") return "cannot happen";
  const destroy = (): void => (tf.backend() as unknown as { device: GPUDevice }).device.destroy();
  const error = await failure(train(await config(), { out, backend, ...after(3, destroy) }));
  check(/lost/.test(error), error);
  return `error, resumed at step ${await goOn(out, expected)}, bit-identical`;
}

async function folderGone({ config, out, backend }: Scene): Promise<string> {
  // At once: no file can come while the folder goes
  const remove = (): void => rmSync(out, { recursive: true, force: true });
  const error = await failure(train(await config(), { out, backend, ...after(2, remove) }));
  check(error.includes(out) && error.includes("does not exist"), error);
  return "error that names it";
}

async function damagedCheckpoint({ out, stopped, expected }: Scene): Promise<string> {
  await stopped();
  const newest = join(out, "checkpoint", (await readdir(join(out, "checkpoint"))).sort().at(-1)!);
  const bytes = await readFile(newest);
  bytes[bytes.length >> 1]! ^= 1;
  await writeFile(newest, bytes);
  const said: string[] = [];
  const step = await goOn(out, expected, (event) => {
    if (event.type === "warning") said.push(event.message);
  });
  check(step === 2 && said.join().includes(newest), `${step}: ${said}`);
  return "named, resumed at the one before, bit-identical";
}

async function secondProcess({ out, stopped, expected }: Scene): Promise<string> {
  await stopped();
  const lock = await lockFolder(out);
  const error = await failure(resumeTraining(out));
  await lock.release();
  check(error.includes(`in use by process ${process.pid} on ${hostname()}`), error);
  await goOn(out, expected);
  return "refused, with pid and host";
}

async function staleLock({ out, stopped, expected }: Scene): Promise<string> {
  await stopped();
  const owner = { pid: 2 ** 22 + 1, host: hostname(), since: "2026-01-01", system: false };
  await writeFile(join(out, "run.lock"), JSON.stringify(owner));
  await goOn(out, expected);
  return "taken over";
}

/** Resumes a run to its end, and gives the step at which it went on. */
async function goOn(
  out: string,
  expected: string,
  onEvent?: (event: TrainEvent) => void,
): Promise<number> {
  const result: TrainResult = await resumeTraining(out, onEvent === undefined ? {} : { onEvent });
  check(result.weightsSha256 === expected, "the run ended in other weights");
  return result.resumedAt!;
}

/** Makes weights of the newest G NaN. */
function spoil(): void {
  const variables = Object.values(tf.engine().state.registeredVariables);
  const weight = variables.findLast(({ name }) => name.startsWith("block1_conv1/kernel"))!;
  weight.assign(tf.tidy(() => tf.fill(weight.shape, NaN)));
}

function after(step: number, act: () => void): { onEvent(event: TrainEvent): void } {
  return { onEvent: (event) => void (event.type === "step" && event.step === step && act()) };
}

function stopAfter(step: number): { onEvent(event: TrainEvent): void; signal: AbortSignal } {
  const controller = new AbortController();
  return { ...after(step, () => controller.abort()), signal: controller.signal };
}

/** The backend, with something that happens when it is asked after step 3. */
function atCheck(backend: BackendInfo, act: () => void): BackendInfo {
  let calls = 0;
  return {
    ...backend,
    checkErrors() {
      if (++calls === 4) act(); // steps 1 and 2, and the checkpoint in between
      return backend.checkErrors();
    },
  };
}

async function failure(run: Promise<unknown>): Promise<string> {
  return await run.then(
    () => Promise.reject(new Error("nothing failed")),
    (error: Error) => error.message,
  );
}

function check(isRight: boolean, what: string): void {
  if (!isRight) throw new Error(what);
}

function moment(): Promise<void> {
  return new Promise((resolve) => setTimeout(resolve, 5));
}
