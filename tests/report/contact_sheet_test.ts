import assert from "node:assert/strict";
import { Buffer } from "node:buffer";
import { describe, test } from "node:test";
import { decodePng } from "../../lib/data/codecs/png_decode.ts";
import { inspectData } from "../../lib/data/validate/inspect_data.ts";
import { contactSheet } from "../../lib/report/contact_sheet.ts";
import { labels, picture, withFiles } from "../support/dataset_folder.ts";

/** The pictures in a page: photograph and labels in turn. */
function picturesIn(page: string) {
  return [...page.matchAll(/src="data:image\/png;base64,([^"]+)"/g)]
    .map(([, text]) => decodePng(Buffer.from(text!, "base64"), { file: "page" }));
}

describe("contactSheet()", () => {
  test("contactSheet() draws findings, classes and labels in their colours, and escapes names", () =>
    withFiles({
      "classes.json": { classes: [{ name: "<b>sky", color: [1, 2, 3] }, "road"] },
      "train/images/a.png": picture(640, 480),
      "train/labels/a.png": labels(640, 480, { values: [0, 0, 0, 0, 255, 255, 255, 255] }),
      "train/images/b.png": picture(4, 3),
      "train/labels/b.png": labels(4, 3, { values: [9] }),
      "train/images/c.png": "broken",
      "train/labels/c.png": labels(4, 3),
      "val/images/d.png": picture(4, 3),
      "val/labels/d.png": labels(4, 3),
    }, async (dir) => {
      const report = await inspectData({ reader: "folder", dir, splits: ["train"] });
      const page = await contactSheet(report, { title: "a & b" });
      assert.match(page, /a &#38; b/);
      assert.match(page, /Training on it would be wrong/);
      assert.match(page, /<li class="error"><b>error<\/b> train: Cannot decode image/);
      assert.match(page, /background:rgb\(1 2 3\)"><\/i>0 &#60;b&#62;sky</);
      assert.match(page, /9: no class/);
      assert.ok(!page.includes("<b>sky"));
      assert.deepEqual(page.match(/https?:\/\//g), null, "loads nothing");
      const [, strays, photo, map, ...rest] = picturesIn(page); // b has no class: it comes first
      assert.equal(rest.length, 0, "the broken sample is left out");
      assert.deepEqual([photo!.width, photo!.height, photo!.channels], [320, 240, 3]);
      assert.ok(photo!.data.every((value) => value === 90));
      assert.deepEqual([map!.width, map!.height, map!.channels], [320, 240, 1]);
      assert.deepEqual([...map!.palette!.subarray(0, 3)], [1, 2, 3]);
      assert.deepEqual([...map!.palette!.subarray(765)], [224, 224, 192]);
      assert.deepEqual([...strays!.palette!.subarray(27, 30)], [255, 0, 255]);
    }));

  test("contactSheet() shows odd labels first, and no more than it is asked for", async () => {
    const report = await inspectData({ reader: "fixtures", dir: null, splits: ["train", "val"] });
    report.splits[0]!.uniform.push("shapes_17");
    const page = await contactSheet(report, { title: "shapes", images: 3 });
    const names = [...page.matchAll(/alt="(shapes_\d+)"/g)].map(([, name]) => name);
    assert.equal(names.length, 6);
    assert.equal(names[0], "shapes_17");
    assert.equal(new Set(names).size, 6);
    const signal = AbortSignal.abort(new Error("enough"));
    await assert.rejects(contactSheet(report, { title: "shapes", signal }), { message: "enough" });
  });
});
