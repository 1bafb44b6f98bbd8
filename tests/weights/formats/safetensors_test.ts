import assert from "node:assert/strict";
import { readFile, writeFile } from "node:fs/promises";
import { join } from "node:path";
import { test } from "node:test";
import fc from "fast-check";
import { openSafetensors, parseSafetensors } from "../../../lib/weights/formats/safetensors.ts";
import { writeSafetensors } from "../../../lib/weights/formats/write_safetensors.ts";
import { safetensorsFile } from "../../support/safetensors_file.ts";
import { temporaryFolders } from "../../support/temporary_folder.ts";

const temporaryFolder = temporaryFolders();

function two(first: [number, number], second: [number, number]): object {
  return {
    a: { dtype: "U8", shape: [first[1] - first[0]], data_offsets: first },
    b: { dtype: "U8", shape: [second[1] - second[0]], data_offsets: second },
  };
}

test("parseSafetensors() reads tensors, metadata and padded headers", async () => {
  const bytes = safetensorsFile(JSON.stringify(two([0, 2], [2, 5])) + "   ", 5);
  bytes.set([1, 2, 3, 4, 5], bytes.length - 5);
  const file = await parseSafetensors(bytes, "memory");
  assert.deepEqual([...await file.read("b")], [3, 4, 5]);
  assert.equal(file.metadata.size, 0);
  await assert.rejects(file.read("c"), /Cannot read c: memory has no such tensor/);
  await assert.rejects(file.verify(), /carries no SHA-256/);
  const named = await parseSafetensors(safetensorsFile({ __metadata__: { x: "y" } }), "memory");
  assert.deepEqual([...named.metadata], [["x", "y"]]);
});

test("parseSafetensors() refuses what lies about itself, and says how", async () => {
  const tensor = { dtype: "F32", shape: [2], data_offsets: [0, 8] };
  const cases: [Uint8Array, RegExp][] = [
    [new Uint8Array(7), /has 7 bytes, a header needs 8/],
    [new Uint8Array(8).fill(255), /header claims 18446744073709552000 bytes, at most/],
    [Uint8Array.of(9, 0, 0, 0, 0, 0, 0, 0, 123), /claims 9 bytes of a file of 9; it was cut short/],
    [safetensorsFile("{"), /header is not JSON/],
    [safetensorsFile("[]"), /not a JSON object/],
    [safetensorsFile({ __metadata__: { a: 1 } }), /__metadata__ has "a", not a text/],
    [safetensorsFile({ __metadata__: [] }), /__metadata__ is not a JSON object/],
    [safetensorsFile({ a: { ...tensor, dtype: "F13" } }, 8), /"a" has type "F13"; known are F64/],
    [safetensorsFile({ a: { ...tensor, dtype: "toString" } }, 8), /has type "toString"/],
    [safetensorsFile({ a: { ...tensor, shape: [-2] } }, 8), /has shape \[-2\]/],
    [safetensorsFile({ a: { ...tensor, shape: [1.5] } }, 8), /has shape \[1.5\]/],
    [safetensorsFile({ a: { ...tensor, shape: Array(17).fill(1) } }, 8), /at most 16 whole/],
    [safetensorsFile({ a: { ...tensor, data_offsets: [8, 0] } }, 8), /expected \[begin, end\]/],
    [safetensorsFile({ a: { ...tensor, data_offsets: [0] } }, 8), /expected \[begin, end\]/],
    [safetensorsFile({ a: { ...tensor, shape: [3] } }, 8), /F32 \[3\] needs 12 bytes and has 8/],
    [safetensorsFile({ a: tensor }, 4), /ends at byte \d+ of a file of \d+; it was cut short/],
    [safetensorsFile({ a: tensor }, 9), /1 bytes follow the last tensor/],
    [safetensorsFile({ a: 1 }), /"a" is described by no JSON object/],
    [safetensorsFile(two([0, 3], [2, 5]), 5), /"b" overlaps the one before it/],
    [safetensorsFile(two([0, 2], [3, 5]), 5), /"b" leaves 1 bytes unused/],
    [
      safetensorsFile({ a: { dtype: "U8", shape: [2 ** 40, 2 ** 40], data_offsets: [0, 1] } }, 1),
      /needs 1\.2\d+e\+24 bytes and has 1/,
    ],
  ];
  for (const [bytes, message] of cases) {
    await assert.rejects(parseSafetensors(bytes, "x"), (error: Error) => {
      assert.ok(error instanceof SyntaxError);
      assert.match(error.message, message);
      return true;
    });
  }
});

test("parseSafetensors() takes no bytes for a file without saying why", async () => {
  const dtype = fc.constantFrom("F32", "U8", "BOOL", "I64", "x");
  const entry = fc.record({
    dtype,
    shape: fc.array(fc.integer({ min: -1, max: 9 }), { maxLength: 4 }),
    data_offsets: fc.array(fc.integer({ min: -1, max: 64 }), { maxLength: 3 }),
  });
  const header = fc.dictionary(fc.string({ maxLength: 4 }), fc.oneof(entry, fc.jsonValue()));
  const files = fc.oneof(
    fc.uint8Array({ maxLength: 64 }),
    fc.tuple(header, fc.nat(64)).map(([json, size]) => safetensorsFile(json, size)),
  );
  await fc.assert(
    fc.asyncProperty(files, async (bytes) => {
      try {
        const file = await parseSafetensors(bytes as Uint8Array<ArrayBuffer>, "x");
        const covered = [...file.entries.values()].reduce((sum, e) => sum + e.end - e.begin, 0);
        assert.ok(covered <= bytes.length);
        for (const name of file.entries.keys()) await file.read(name);
      } catch (error) {
        assert.ok(error instanceof SyntaxError, String(error));
      }
    }),
    { numRuns: 2000 },
  );
});

test("openSafetensors() notices every flipped bit and every cut of a sealed file", async () => {
  const path = join(temporaryFolder(), "a.safetensors");
  const values = Float32Array.from({ length: 40 }, (_, i) => i / 7);
  await writeSafetensors(path, [
    { name: "0", dtype: "F32", shape: [4, 10], read: () => values },
    { name: "x", dtype: "U8", shape: [0], read: () => new Uint8Array(0) },
  ], { metadata: { 7: "seven" } });
  const whole = await openSafetensors(path);
  await whole.verify();
  assert.deepEqual(new Float32Array((await whole.read("0")).buffer), values);
  assert.equal(whole.metadata.get("7"), "seven");
  await whole.close();

  const intact = new Uint8Array(await readFile(path));
  const opens = async (bytes: Uint8Array): Promise<boolean> => {
    try {
      await (await parseSafetensors(bytes, "x")).verify();
      return true;
    } catch {
      return false;
    }
  };
  assert.ok(await opens(intact));
  for (let bit = 0; bit < intact.length * 8; bit += 3) {
    const flipped = intact.slice();
    flipped[bit >> 3]! ^= 1 << (bit & 7);
    assert.ok(!await opens(flipped), `bit ${bit}`);
  }
  for (let length = 0; length < intact.length; length += 5) {
    assert.ok(!await opens(intact.slice(0, length)), `length ${length}`);
  }
  await writeFile(path, intact.slice(0, 100));
  await assert.rejects(openSafetensors(path), /a\.safetensors/);
  await assert.rejects(openSafetensors(`${path}.none`), /there is no such file/);
});
