import assert from "node:assert/strict";
import { test } from "node:test";
import { type DataConfig, dataSection } from "../../lib/data/data_config.ts";
import { sectionKeys, sectionSchema } from "../../lib/util/section.ts";

function parse(data: object): DataConfig {
  return sectionSchema(dataSection).parse(data) as DataConfig;
}

test("dataSection has the thesis' values as defaults", () => {
  const { crop, batch, augment, normalize } = parse({});
  assert.deepEqual([crop, batch, normalize.mean], [[416, 416], 16, [123.68, 116.779, 103.939]]);
  assert.deepEqual(augment, [{ name: "affine", zoom: [0.5, 2], rotate: 10, flip: true }]);
});

test("dataSection takes augmentations as a list, each with options of its own", () => {
  assert.deepEqual(parse({ augment: [] }).augment, []);
  const [affine] = parse({ augment: [{ name: "affine", rotate: 3 }] }).augment;
  assert.deepEqual(affine, { name: "affine", zoom: [0.5, 2], rotate: 3, flip: true });
  for (const augment of [{}, [{ name: "none" }], [{ name: "affine", sigma: 1 }]]) {
    assert.throws(() => parse({ augment }));
  }
  assert.ok(sectionKeys(dataSection, "data.").includes("data.augment"));
});
