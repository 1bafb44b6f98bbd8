import assert from "node:assert/strict";
import { test } from "node:test";
import { rateFigure } from "../../lib/report/rate_figure.ts";

test("rateFigure() draws the curve, and a line at the rate that is named", () => {
  const points = [1e-3, 1e-2, 1e-1].map((rate, i) => ({ rate, loss: 3 - i, smooth: 3 - i }));
  const { svg, legend } = rateFigure({ points, rate: 1e-2 });
  assert.match(svg, /L_seg over the learning rate/);
  assert.deepEqual(legend.map(({ name }) => name), ["smoothed", "each step", "steepest: 0.010"]);
  assert.equal(rateFigure({ points, rate: null }).legend.length, 2);
  assert.throws(() => rateFigure({ points: [], rate: null }), /^RangeError: Cannot draw a search/);
});
