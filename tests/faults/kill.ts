import { spawn } from "node:child_process";
import { existsSync, readdirSync } from "node:fs";
import { cp, mkdir, mkdtemp, readdir, readFile, rm } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import process from "node:process";
import { fileURLToPath } from "node:url";
import { randomStream } from "../../lib/util/random.ts";
import { resumeTraining } from "../../lib/train/run/resume.ts";
import { train } from "../../lib/train/run/train.ts";
import { loadModel } from "../../lib/train/run/load_model.ts";
import { weightsSha256 } from "../../lib/weights/hash.ts";
import { subjectConfig } from "./subject.ts";

/** What a number of kills came to. */
export interface KillReport {
  seed: number;
  kills: number;
  runs: number;
  /**
   * Kills after which the run, resumed and left alone, ended in the weights, scores and log of one
   * that was never interrupted.
   */
  right: number;
  /** Runs that did so after all of their kills. */
  rightRuns: number;
  /** Kills that hit a file while it was being written, by what it was. */
  midWrite: Record<string, number>;
  faults: string[];
}

/** What is waited for before a kill; `null`: a random moment. */
const TARGETS = [null, /^\.step-/, /^\.(model|weights)/, /^\.metrics/, null, /^\.config/] as const;

/**
 * Starts runs in processes of their own and kills them (SIGKILL), half at random moments and half
 * while a file is being written, until `kills` have hit. After each, a copy of the run is resumed to
 * its end, and so is the run itself after its last; all are compared with one that was never
 * interrupted.
 */
export async function killRuns(
  options: { kills: number; seed: number; onKill?: (done: number) => void },
): Promise<KillReport> {
  const { kills, seed } = options;
  const folder = await mkdtemp(join(tmpdir(), "segadv-kill-"));
  const random = randomStream(seed, "kill");
  const report: KillReport = {
    ...{ seed, kills: 0, runs: 0, right: 0, rightRuns: 0, midWrite: {}, faults: [] },
  };
  try {
    const whole = join(folder, "whole");
    await train(await subjectConfig(), { out: whole });
    const expected = await storyOf(whole);
    while (report.kills < kills) {
      // Every other run loads its data in a thread: the bits must not tell
      const settings = report.runs % 2 === 0 ? ["data.workers=1"] : [];
      const out = join(folder, `run-${report.runs++}`);
      // Up to ten kills a run, so that one of them also gets to its end
      for (let left = 10; left > 0 && report.kills < kills; left--) {
        const target = TARGETS[random.integer(TARGETS.length)]!;
        const delay = 300 + 1700 * random.uniform();
        if (!await runAndKill(out, { target, delay, settings })) break;
        report.kills++;
        for (const name of await leftovers(out)) {
          report.midWrite[name] = (report.midWrite[name] ?? 0) + 1;
        }
        const copy = join(folder, "copy");
        const fault = await faultAfter(out, { copy, expected });
        if (fault === null) report.right++;
        else report.faults.push(`kill ${report.kills}: ${fault}`);
        options.onKill?.(report.kills);
      }
      await runAndKill(out, { target: null, delay: Infinity, settings });
      const fault = differenceOf(expected, await storyOf(out));
      if (fault === null) report.rightRuns++;
      else report.faults.push(`run ${report.runs - 1}: ${fault}`);
      await rm(out, { recursive: true, force: true });
    }
  } finally {
    await rm(folder, { recursive: true, force: true });
  }
  return report;
}

/** Lets a copy of a killed run go on to its end; what differs then. */
async function faultAfter(
  out: string,
  { copy, expected }: { copy: string; expected: Record<string, string> },
): Promise<string | null> {
  await mkdir(out, { recursive: true }); // it may not have come to that
  await cp(out, copy, { recursive: true });
  try {
    const hasBegun = existsSync(join(copy, "config.yaml"));
    await (hasBegun ? resumeTraining(copy) : train(await subjectConfig(), { out: copy }));
    return differenceOf(expected, await storyOf(copy));
  } catch (error) {
    return (error as Error).message;
  } finally {
    await rm(copy, { recursive: true, force: true });
  }
}

/** Runs the program and kills it at its moment; false if it ended before. */
async function runAndKill(
  out: string,
  { target, delay, settings }: { target: RegExp | null; delay: number; settings: string[] },
): Promise<boolean> {
  const program = fileURLToPath(new URL("./_subject_program.ts", import.meta.url));
  const flags = "deno" in process.versions ? ["run", "-A", "--no-check", program] : [program];
  const child = spawn(process.execPath, [...flags, out, ...settings], {
    stdio: ["ignore", "ignore", "pipe"],
  });
  let err = "";
  child.stderr.setEncoding("utf8").on("data", (text) => err += text);
  let over = false;
  const ended = new Promise<number | null>((resolve) =>
    child.on("close", (code) => {
      over = true;
      resolve(code);
    })
  );
  const until = performance.now() + (target === null ? delay : 5000);
  const kill = async (): Promise<void> => {
    while (!over && performance.now() < until && !(target !== null && isWriting(out, target))) {
      await new Promise((resolve) => setTimeout(resolve, target === null ? 5 : 0));
    }
    if (!over) child.kill("SIGKILL");
  };
  await (delay === Infinity ? ended : kill());
  const code = await ended;
  if (code !== null && code !== 0 && code !== 137) throw new Error(`The run failed: ${err.trim()}`);
  return code !== 0;
}

const PARTS = ["", "checkpoint", "best", "model"];

function isWriting(out: string, target: RegExp): boolean {
  return PARTS.some((part) => {
    try {
      return readdirSync(join(out, part)).some((name) => target.test(name));
    } catch {
      return false; // not there yet
    }
  });
}

/** Names of half-written files, without what is random in them. */
async function leftovers(out: string): Promise<string[]> {
  const lists = await Promise.all(PARTS.map((part) =>
    readdir(join(out, part)).then(
      (names) => names.filter((name) => name.endsWith(".tmp")).map((name) => `${part}/${name}`),
      () => [],
    )
  ));
  return lists.flat().map((name) =>
    name.replace(/\.[0-9a-f]{12}\.tmp$/, "").replace(/\d{9}|[0-9a-f]{32}/, "*")
  );
}

/** All that two runs of one configuration have in common. */
async function storyOf(out: string): Promise<Record<string, string>> {
  const events = (await readFile(join(out, "events.jsonl"), "utf8")).trim().split("\n")
    .map((line) => JSON.parse(line));
  const logged = events.flatMap((event) =>
    event.type === "step"
      ? [[event.step, event.logs]]
      : event.type === "validation"
      ? [[event.step, event.scores]]
      : []
  );
  const model = async (part: string): Promise<string> => {
    const { model } = await loadModel(join(out, part));
    const sha = await weightsSha256(model.layers);
    model.layers.dispose();
    return sha;
  };
  return {
    weights: events.at(-1).weightsSha256 ?? "",
    log: JSON.stringify(logged),
    metrics: await readFile(join(out, "metrics.json"), "utf8"),
    model: await model("model"),
    best: await model("best"),
    rests: (await leftovers(out)).join(),
    files: (await readdir(out)).sort().join(),
  };
}

function differenceOf(
  expected: Record<string, string>,
  actual: Record<string, string>,
): string | null {
  const names = Object.keys(expected).filter((name) => expected[name] !== actual[name]);
  if (names.length === 0) return null;
  const short = names.filter((name) => name === "rests" || name === "files");
  const seen = short.map((name) => ` (${name}: ${actual[name]})`).join("");
  return `${names.join(", ")} differ${seen}`;
}
