import assert from "node:assert/strict";
import { test } from "node:test";
import { colored, layOut } from "../../lib/report/cells.ts";

test("colored() gives classes their colours and ignored pixels a light grey", () => {
  const classes = [{ name: "sky", color: [1, 2, 3] as [number, number, number] }];
  const [red, ...rest] = colored(new Uint8Array([0, 255]), classes);
  assert.deepEqual([red, ...rest.slice(0, 2)], [1, 2, 3]);
  assert.ok(rest.slice(2).every((value) => value > 128));
});

test("layOut() puts cells into rows, in the middle of equal spaces, small ones enlarged", () => {
  const cell = (width: number, height: number) => (
    { width, height, data: new Uint8Array(width * height * 3) }
  );
  const { width, height, data } = layOut([[cell(96, 10), cell(10, 96)], [cell(96, 96)]]);
  assert.deepEqual([width, height], [6 + 2 * (192 + 6), 6 + 2 * (192 + 6)]);
  const at = (x: number, y: number) => data[(y * width + x) * 3];
  assert.deepEqual([at(0, 0), at(6, 6), at(6, 6 + 96), at(6 + 198 + 96, 6)], [255, 255, 0, 0]);
  assert.deepEqual([at(6 + 198, 6 + 198), at(6, 6 + 198)], [255, 0]);
});
