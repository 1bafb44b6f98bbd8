import assert from "node:assert/strict";
import { describe, test } from "node:test";
import { encodeJob } from "../../../lib/engine/wasm/engine.ts";
import { JOB_NUMBERS, JOBS, type JobWords } from "../../../lib/engine/wasm/jobs.ts";
import { dispatchModule, jobsModule } from "../../../tasks/kernels/job_modules.ts";

describe("encodeJob()", () => {
  const pad: JobWords<"pad"> = {
    ...{ x: 64, out: 128, height: 3, width: 4, channels: 5, top: 1, left: -1 },
    ...{ outHeight: 5, outWidth: 6 },
  };

  test("encodeJob() writes words in the order of the table, whatever that of the object", () => {
    const expected = [64, 128, 3, 4, 5, 1, -1, 5, 6];
    assert.deepEqual(encodeJob("pad", pad, 0), expected);
    const reversed = Object.fromEntries(Object.entries(pad).reverse()) as typeof pad;
    assert.deepEqual(encodeJob("pad", reversed, 0), expected);
  });

  test("encodeJob() writes floats by their bits and lists behind the block", () => {
    const sum = encodeJob("sumLosses", { losses: 8, out: 16, count: 3, scale: 0.5 }, 0);
    assert.deepEqual(sum, [8, 16, 3, 0x3f000000]);
    const parts = [1, 2].map((tap) => ({ tap, row: 10 * tap, position: 100 * tap }));
    const words = {
      ...{ filter: 1, u: 2, channels: 3, columns: 4, panels: 5, scheme: 6, domain: 7 },
      ...{ rowStep: 8, columnStep: 9, uRows: 10, parts },
    };
    const block = [1, 2, 3, 4, 5, 6, 7, 8, 9, 10, 4096 + 4 * 12, 2];
    assert.deepEqual(encodeJob("winogradFilter", words, 4096), [
      ...block,
      ...[1, 10, 100, 2, 20, 200],
    ]);
  });

  test("encodeJob() is given every word: the compiler refuses a block without one", () => {
    const { outWidth: _, ...rest } = pad;
    // @ts-expect-error -- outWidth is missing
    assert.equal(encodeJob("pad", rest, 0).length, 9);
    assert.equal(Object.keys(JOB_NUMBERS).length, Object.keys(JOBS).length);
  });
});

describe("the AssemblyScript side of the table", () => {
  const functions = (jobs: string[]): Map<string, string> =>
    new Map([[
      "all",
      jobs.map((job) => `export function ${job}Chunk(p: usize): void {}`).join("\n"),
    ]]);

  test("jobsModule() makes a class of each block, with its words in order", () => {
    const text = jobsModule();
    assert.match(text, /class SumLosses { losses: usize; out: usize; count: i32; scale: f32; }/);
    assert.match(text, /class FilterGrad {.* taps: usize; tapsLength: i32; }/);
    assert.match(text, /const enum Activation { linear = 0, relu = 1, relu6 = 2, leakyrelu = 3 }/);
  });

  test("dispatchModule() gives every job its number and its block", () => {
    const text = dispatchModule(functions(Object.keys(JOBS)));
    assert.match(text, /case 2: padChunk\(changetype<Pad>\(params\)\); break;/);
    assert.equal(text.match(/case \d+:/g)!.length, Object.keys(JOBS).length);
  });

  test("dispatchModule() refuses a job without a function, and a function without a job", () => {
    const [first, ...rest] = Object.keys(JOBS);
    assert.throws(() => dispatchModule(functions(rest)), new RegExp(`the job ${first} of jobs.ts`));
    assert.throws(() => dispatchModule(functions(["other"])), /otherChunk is no job of jobs.ts/);
  });
});
