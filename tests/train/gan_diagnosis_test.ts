import assert from "node:assert/strict";
import { describe, test } from "node:test";
import { diagnoseGan } from "../../lib/train/gan_diagnosis.ts";

/** Twenty steps at these values, after twenty at others. */
function logsAt(real: number, fake: number, rest: { accuracy: number; drift: number }) {
  const log = { "d/real": real, "d/fake": fake, "d/accuracy": rest.accuracy, "loss/d": 0.2 };
  const before = { ...log, "d/real": 0, "d/fake": 1, "d/drift": 0 };
  return [...Array(20).fill(before), ...Array(20).fill({ ...log, "d/drift": rest.drift })];
}

describe("diagnoseGan()", () => {
  test("diagnoseGan() diagnoses the last quarter of the steps", () => {
    const cases = [
      [
        logsAt(0.99, 0.01, { accuracy: 0.999, drift: 0.3 }),
        "saturated",
        /^D is saturated: it is correct on 99\.9 %/,
      ],
      [
        logsAt(0.51, 0.5, { accuracy: 0.55, drift: 2e-4 }),
        "notLearning",
        /weights have moved by 0\.02 %.*1e-4/,
      ],
      [
        logsAt(0.5, 0.5, { accuracy: 0.5, drift: 0.2 }),
        "collapsed",
        /^D cannot tell maps from labels/,
      ],
      [
        logsAt(1, 1, { accuracy: 0.5, drift: 23 }),
        "collapsed",
        /^D has collapsed.*2300 %; lower adv/,
      ],
      [logsAt(0.7, 0.35, { accuracy: 0.8, drift: 0.2 }), "balanced", /^Training is balanced/],
    ] as const;
    for (const [logs, state, text] of cases) {
      const diagnosis = diagnoseGan(logs);
      assert.equal(diagnosis.state, state);
      assert.match(diagnosis.text, text);
    }
  });

  test("diagnoseGan() says so where there is no discriminator", () => {
    assert.equal(diagnoseGan([]).state, "absent");
    assert.equal(diagnoseGan([{ "loss/seg": 1 }]).state, "absent");
  });
});
