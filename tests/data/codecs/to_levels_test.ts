import { test } from "node:test";
import assert from "node:assert/strict";
import type { Raster } from "../../../lib/data/codecs/raster.ts";
import { chooseRange, isDeep, toLevels, valueFacts } from "../../../lib/data/codecs/to_levels.ts";

const file = "scan.tif";
function raster(data: Raster["data"], more: Partial<Raster> = {}): Raster {
  const width = data.length / (more.channels ?? 1);
  return { width, height: 1, channels: 1, bitDepth: 16, data, ...more };
}

test("chooseRange() takes the bits of a camera, or the values themselves", () => {
  const whole = (low: number, high: number) => chooseRange({ low, high, isFloat: false });
  assert.deepEqual(whole(0, 200), [0, 255]);
  assert.deepEqual(whole(3, 1020), [0, 1023]);
  assert.deepEqual(whole(3, 1024), [0, 4095]);
  assert.deepEqual(whole(0, 16_000), [0, 16_383]);
  assert.deepEqual(whole(0, 40_000), [0, 65_535]);
  assert.deepEqual(whole(0, 2 ** 31), [0, 2 ** 32 - 1]);
  assert.deepEqual(whole(29_900, 30_400), [29_900, 30_400]);
  assert.deepEqual(whole(-40, 900), [-40, 900]);
  assert.deepEqual(whole(0, 0), [0, 255]);
  const float = (low: number, high: number) => chooseRange({ low, high, isFloat: true });
  assert.deepEqual(float(0.2, 0.9), [0, 1]);
  assert.deepEqual(float(0, 250), [0, 255]);
  assert.deepEqual(float(-3, 9), [-3, 9]);
  assert.deepEqual(float(0, 3000), [0, 3000]);
});

test("toLevels() of b bits in 16 are their eight high bits", () => {
  for (const bits of [8, 10, 12, 14, 16]) {
    const data = Uint16Array.of(0, 1, 2 ** bits / 2, 2 ** bits - 2, 2 ** bits - 1);
    const levels = toLevels(raster(data), { file, channels: 1 });
    assert.deepEqual([...levels.data], [...data].map((value) => value >> bits - 8), `${bits}`);
  }
});

test("toLevels() keeps a range of the data set, and cuts off what lies outside", () => {
  const deep = raster(Uint16Array.of(0, 29_900, 30_155, 30_156, 40_000));
  const { data } = toLevels(deep, { file, channels: 1, range: [29_900, 30_411] });
  assert.deepEqual([...data], [0, 0, 127, 128, 255]);
  const eight = raster(Uint8Array.of(7), { bitDepth: 8 });
  assert.deepEqual([...toLevels(eight, { file, range: [0, 9] }).data], [7, 7, 7]);
  const floats = raster(Float32Array.of(NaN, -1, 0, 0.5, 1, Infinity), { bitDepth: 32 });
  const some = toLevels(floats, { file, channels: 1, range: [0, 1] });
  assert.deepEqual([...some.data], [0, 0, 0, 128, 255, 255]);
  const flat = raster(Float32Array.of(2, 2), { bitDepth: 32 });
  assert.equal(toLevels(flat, { file, channels: 1 }).data.length, 2);
});

test("toLevels() lays what is transparent over white, alpha of 16 bits too", () => {
  const rgba = raster(Uint8Array.of(0, 100, 200, 0, 0, 100, 200, 255, 0, 100, 200, 51), {
    channels: 4,
    bitDepth: 8,
    alpha: true,
  });
  assert.deepEqual([...toLevels(rgba, { file }).data], [
    ...[255, 255, 255],
    ...[0, 100, 200],
    ...[204, 224, 244],
  ]);
  const deep = raster(Uint16Array.of(256, 0, 256, 65_535), { channels: 2, alpha: true });
  assert.deepEqual([...toLevels(deep, { file, channels: 1, range: [0, 1023] }).data], [255, 64]);
});

test("toLevels() gives the channels that are wanted, and refuses others", () => {
  const rgb = raster(Uint8Array.of(255, 0, 0), { channels: 3, bitDepth: 8 });
  assert.deepEqual([...toLevels(rgb, { file, channels: 1 }).data], [76]);
  const rgba = raster(Uint8Array.of(1, 2, 3, 4), { channels: 4, bitDepth: 8, alpha: true });
  assert.deepEqual(toLevels(rgba, { file, channels: 4 }), {
    width: 1,
    height: 1,
    channels: 4,
    data: Uint8Array.of(1, 2, 3, 4),
  });
  const five = raster(new Uint16Array(5), { channels: 5 });
  assert.throws(() => toLevels(five, { file }), {
    name: "DamagedFileError",
    message:
      'Cannot use image "scan.tif": it has 5 channels, and 3 are wanted; data.channels says ' +
      "how many",
  });
});

test("valueFacts() leave alpha and what is no number out", () => {
  const grey = raster(Uint16Array.of(3, 65_535, 9, 0), { channels: 2, alpha: true });
  assert.deepEqual(valueFacts(grey), { low: 3, high: 9, isFloat: false });
  const floats = raster(Float32Array.of(NaN, -Infinity, 2), { bitDepth: 32 });
  assert.deepEqual(valueFacts(floats), { low: 2, high: 2, isFloat: true });
  assert.equal(valueFacts(raster(Float32Array.of(NaN))), null);
  assert.ok(isDeep(grey) && !isDeep({ data: new Uint8Array(1) }));
});
