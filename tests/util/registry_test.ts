import assert from "node:assert/strict";
import { test } from "node:test";
import { optionsSchema, parseOptions, Registry } from "../../lib/util/registry.ts";
import { field, fraction } from "../../lib/util/schema.ts";

const options = optionsSchema({
  momentum: field(fraction, { fallback: 0.9, about: "Share of the last update that is kept." }),
});

test("parseOptions() fills defaults and passes shared keys over", () => {
  assert.deepEqual(parseOptions(options, { name: "sgd" }, { name: "sgd" }), { momentum: 0.9 });
});

test("parseOptions() refuses an unknown option with the entry's list", () => {
  assert.throws(() => parseOptions(options, { beta1: 0.5 }, { name: "sgd" }), {
    name: "RangeError",
    message: 'Cannot use sgd with option beta1: unknown option "beta1"; sgd takes momentum',
  });
});

test("parseOptions() refuses a wrong value", () => {
  assert.throws(() => parseOptions(options, { momentum: 2 }, { name: "sgd" }), {
    message: "Cannot use sgd with option momentum: expected a number below 1, got 2",
  });
});

test("Registry.get() names what exists and the nearest", () => {
  const registry = new Registry("loss", [
    { name: "ce", summary: "cross-entropy" },
    { name: "dice", summary: "Dice" },
  ]);
  assert.equal(registry.get("dice").summary, "Dice");
  assert.throws(() => registry.get("dise"), /Cannot find loss "dise": .*did you mean dice\?/);
});

test("Registry.register() refuses a name that is taken", () => {
  const registry = new Registry("loss", [{ name: "ce", summary: "cross-entropy" }]);
  assert.throws(() => registry.register({ name: "ce", summary: "other" }), /the name is taken/);
});
