import assert from "node:assert/strict";
import { test } from "node:test";
import {
  benchmarkFormats,
  requireBenchmarkClasses,
  toLabelIds,
} from "../../lib/data/benchmark_formats.ts";
import { decodePng } from "../../lib/data/codecs/png_decode.ts";
import { decodeLabelIds } from "../../lib/data/readers/cityscapes.ts";

const cityscapes = benchmarkFormats.get("cityscapes");
const voc = benchmarkFormats.get("voc");

test("benchmarkFormats.cityscapes() writes labelIds at 2048x1024 that its reader reads back", () => {
  const data = Uint8Array.from({ length: 32 * 16 }, (_, i) => i % 19);
  const bytes = cityscapes.encode({ width: 32, height: 16, data });
  const png = decodePng(bytes, { file: "x.png" });
  assert.deepEqual([png.width, png.height, png.channels, png.bitDepth], [2048, 1024, 1, 8]);
  assert.equal(png.palette, undefined);
  const back = decodeLabelIds(bytes, { file: "x.png" });
  // Each pixel of the map has become 64x64
  for (let y = 0; y < 1024; y += 31) {
    for (let x = 0; x < 2048; x += 31) {
      assert.equal(back.data[y * 2048 + x], data[(y >> 6) * 32 + (x >> 6)]);
    }
  }
});

test("benchmarkFormats.cityscapes() keeps a map of full size as it is", () => {
  const data = Uint8Array.from({ length: 2048 * 1024 }, (_, i) => (i * 7919) % 19);
  const bytes = cityscapes.encode({ width: 2048, height: 1024, data });
  assert.deepEqual(decodePng(bytes, { file: "x.png" }).data, toLabelIds(data));
});

test("benchmarkFormats.voc() writes indices in VOC's 256 colours at the image's size", () => {
  const data = Uint8Array.of(0, 15, 20);
  const png = decodePng(voc.encode({ width: 3, height: 1, data }), { file: "x.png" });
  assert.deepEqual([...png.data], [0, 15, 20]);
  assert.equal(png.palette!.length, 768);
  assert.deepEqual([...png.palette!.subarray(45, 48)], [192, 128, 128]);
  assert.deepEqual([...png.palette!.subarray(765)], [224, 224, 192]);
});

test("toLabelIds() gives the published ids, and 0 for what is no train id", () => {
  const trainIds = Uint8Array.from({ length: 20 }, (_, i) => i);
  assert.deepEqual([...toLabelIds(trainIds)], [
    ...[7, 8, 11, 12, 13, 17, 19, 20, 21, 22, 23, 24, 25, 26, 27, 28, 31, 32, 33],
    0,
  ]);
});

test("requireBenchmarkClasses() matches the benchmark's classes by name, in any order and case", () => {
  const upper = voc.classes.map((info) => ({ ...info, name: info.name.toUpperCase() }));
  assert.equal(requireBenchmarkClasses(voc, upper), null);
  assert.throws(() => requireBenchmarkClasses(voc, cityscapes.classes), {
    name: "ClassMismatchError",
    message:
      /^Cannot write the format voc: the network has the classes road, .*, voc has background/,
  });
  const [first, second, ...rest] = cityscapes.classes;
  const order = requireBenchmarkClasses(cityscapes, [second!, first!, ...rest]);
  assert.deepEqual([...order!].slice(0, 4), [1, 0, 2, 3]);
});
