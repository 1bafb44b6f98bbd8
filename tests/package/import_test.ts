import assert from "node:assert/strict";
import process from "node:process";
import { describe, test } from "node:test";
import { fileURLToPath } from "node:url";
import { lastLine, run } from "../support/command.ts";

const root = fileURLToPath(new URL("../..", import.meta.url));
const evaluate = "Deno" in globalThis ? ["eval", "--quiet"] : ["--eval"];

/** What importing the library changed, reported by a program of its own. */
interface Findings {
  before: string[];
  after: string[];
  tensors: number;
  milliseconds: number;
}

const program = `
import process from "node:process";
import * as tf from "@tensorflow/tfjs";
const backends = () => Object.keys(tf.engine().registryFactory).sort();
const before = backends();
const start = process.cpuUsage();
await import("@segadv/segadv");
console.log(JSON.stringify({
  before,
  after: backends(),
  tensors: tf.memory().numTensors,
  milliseconds: process.cpuUsage(start).user / 1000,
}));
`;

describe("mod.ts", () => {
  test("mod.ts prints nothing when imported, registers no backend, makes no tensor and is quick", async () => {
    const { stdout, stderr } = await run([process.execPath, ...evaluate, program], { cwd: root });
    assert.equal(stderr, "");
    assert.equal(stdout.trimEnd().split("\n").length, 1, stdout);
    const found = lastLine(stdout) as Findings;
    assert.deepEqual(found.after, found.before);
    assert.equal(found.tensors, 0);
    // Of the processor's time, as others may work too: ten times what a usual machine takes
    assert(found.milliseconds < 3000, `${found.milliseconds} ms`);
  });
});
