import assert from "node:assert/strict";
import { test } from "node:test";
import { append, checkTrial, nameOption, wholeOption, widthOption } from "../../cli/options.ts";

/** What an option makes of its text. */
function parse(option: { parseArg?: unknown }, text: string): unknown {
  return (option.parseArg as (text: string) => unknown)(text);
}

test("nameOption() takes known names and suggests one for any other", () => {
  const option = nameOption("--as <name>", { about: "", names: ["tfjs", "csv"] });
  assert.equal(parse(option, "csv"), "csv");
  assert.throws(() => parse(option, "cvs"), /one of tfjs, csv; did you mean csv\?/);
});

test("wholeOption() and widthOption() refuse what is no such number", () => {
  const whole = wholeOption("--n <n>", { about: "", min: 1 });
  assert.equal(parse(whole, "12"), 12);
  for (const text of ["0", "1.5", "x"]) {
    assert.throws(() => parse(whole, text), /Expected a whole number of at least 1/);
  }
  assert.equal(parse(widthOption(""), "0.5"), 0.5);
  assert.throws(() => parse(widthOption(""), "9"), /above 0, at most 8/);
});

test("append() collects repeated values", () => {
  assert.deepEqual(append("b", append("a")), ["a", "b"]);
});

test("checkTrial() refuses a trial that the sweep does not have", () => {
  const condition = { id: "a", name: "tg=2", isBaseline: false, settings: {}, published: null };
  const plan = {
    name: "s",
    score: "last" as const,
    seeds: [],
    trials: [],
    conditions: [condition],
  };
  checkTrial(plan, undefined);
  checkTrial(plan, "tg=2");
  assert.throws(
    () => checkTrial(plan, "tg=3"),
    /There is no trial "tg=3" in s; did you mean "tg=2"/,
  );
});
