import assert from "node:assert/strict";
import { test } from "node:test";
import { drawCurve } from "../../../cli/ui/curve.ts";

test("drawCurve() draws points over a logarithmic axis, with labels and a mark", () => {
  const points = [0.01, 0.1, 1, 10, 100].map((x, i) => ({ x, y: 5 - i }));
  assert.equal(
    drawCurve(points, { columns: 9, rows: 5 }, 10),
    "5.00 |*     :\n" +
      "     |  *   :\n" +
      "     |    * :\n" +
      "     |      *\n" +
      "1.00 |      : *\n" +
      "      0.0100 100\n",
  );
});

test("drawCurve() takes a flat curve and a single point", () => {
  assert.match(drawCurve([{ x: 1, y: 2 }], { columns: 20, rows: 3 }, null), /\*/);
  const flat = [{ x: 1, y: 2 }, { x: 10, y: 2 }];
  assert.equal(drawCurve(flat, { columns: 20, rows: 3 }, null).split("\n").length, 5);
});
