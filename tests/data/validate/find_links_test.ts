import assert from "node:assert/strict";
import { symlinkSync } from "node:fs";
import { join } from "node:path";
import process from "node:process";
import { test } from "node:test";
import { findLinks } from "../../../lib/data/validate/find_links.ts";
import { withFiles } from "../../support/dataset_folder.ts";

const skip = process.platform === "win32" && "no links";

test(
  "findLinks() counts the files that lie outside the folder",
  { skip },
  () =>
    withFiles({ "data/a.jpg": "", "data/a.png": "", "b.png": "" }, async (dir) => {
      const data = join(dir, "data");
      const splitOf = (label: string) => ({
        split: "train",
        ids: ["a"],
        files: () => ({ image: join(data, "a.jpg"), label: join(data, label) }),
      });
      assert.deepEqual(await findLinks(splitOf("a.png"), data), []);
      assert.deepEqual(await findLinks(splitOf("a.png"), null), []);
      symlinkSync(join(dir, "b.png"), join(data, "b.png"));
      const [finding] = await findLinks(splitOf("b.png"), data);
      assert.equal(finding!.severity, "note");
      assert.match(
        finding!.message,
        /^1 of 2 files are links that lead out .* \(b\.png to .*b\.png\)/,
      );
    }),
);
