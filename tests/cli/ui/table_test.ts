import assert from "node:assert/strict";
import { test } from "node:test";
import { formatTable } from "../../../cli/ui/table.ts";

test("formatTable() lines columns up, whatever styles and accents the cells hold", () => {
  const columns = [{ title: "class" }, { title: "IoU", align: "right" as const }];
  assert.equal(
    formatTable(columns, [["Straße", "7.25 %"], ["\x1b[31mcafe\u0301\x1b[39m", "-"], ["x"]]),
    "class      IoU\nStraße  7.25 %\n\x1b[31mcafe\u0301\x1b[39m         -\nx\n",
  );
});
