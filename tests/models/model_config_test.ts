import assert from "node:assert/strict";
import { test } from "node:test";
import { modelSection } from "../../lib/models/model_config.ts";
import { sectionSchema } from "../../lib/util/section.ts";

const schema = sectionSchema(modelSection);

test("modelSection fills in the thesis' FCN-8s and the options of the named network", () => {
  const common = { width: 1, upsampleOrder: "auto", init: "random", initStrict: true };
  assert.deepEqual(schema.parse({}), {
    name: "fcn8s-vgg16",
    ...common,
    followInit: true,
    freeze: "none",
    skipScales: [0.01, 0.0001],
    padding: "same",
    dropout: 0.5,
  });
  assert.deepEqual(schema.parse({ name: "resnet50" }), {
    name: "resnet50",
    ...common,
    followInit: true,
    freeze: "none",
    variant: "v1",
    stemPool: "padded",
    bnMomentum: 0.9,
  });
});

test("modelSection refuses unknown networks and the options of another network", () => {
  for (const model of [{ name: "fcn4s" }, { name: "resnet50", dropout: 0.5 }, { width: 9 }]) {
    assert.equal(schema.safeParse(model).success, false, JSON.stringify(model));
  }
});
