import assert from "node:assert/strict";
import { describe, test } from "node:test";
import { diagnoseGan } from "../../lib/train/gan_diagnosis.ts";

/** Twenty steps at these values, after twenty at others. */
function game(real: number, fake: number, rest: { accuracy: number; drift: number }) {
  const log = { "d/real": real, "d/fake": fake, "d/accuracy": rest.accuracy, "loss/d": 0.2 };
  const before = { ...log, "d/real": 0, "d/fake": 1, "d/drift": 0 };
  return [...Array(20).fill(before), ...Array(20).fill({ ...log, "d/drift": rest.drift })];
}

describe("diagnoseGan()", () => {
  test("diagnoseGan() tells who has won from the last quarter of the steps", () => {
    const cases = [
      [
        game(0.99, 0.01, { accuracy: 0.999, drift: 0.3 }),
        "won",
        /^D has won: it is right on 99\.9 %/,
      ],
      [
        game(0.51, 0.5, { accuracy: 0.55, drift: 2e-4 }),
        "idle",
        /weights have moved by 0\.02 %.*1e-4/,
      ],
      [game(0.5, 0.5, { accuracy: 0.5, drift: 0.2 }), "lost", /^D cannot tell maps from labels/],
      [game(1, 1, { accuracy: 0.5, drift: 23 }), "lost", /^D has broken.*2300 %; lower disc/],
      [game(0.7, 0.35, { accuracy: 0.8, drift: 0.2 }), "open", /^The game is open/],
    ] as const;
    for (const [logs, state, text] of cases) {
      const verdict = diagnoseGan(logs);
      assert.equal(verdict.state, state);
      assert.match(verdict.text, text);
    }
  });

  test("diagnoseGan() says so where nobody plays", () => {
    assert.equal(diagnoseGan([]).state, "absent");
    assert.equal(diagnoseGan([{ "loss/seg": 1 }]).state, "absent");
  });
});
