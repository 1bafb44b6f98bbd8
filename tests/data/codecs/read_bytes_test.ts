import assert from "node:assert/strict";
import { truncateSync } from "node:fs";
import { join } from "node:path";
import { test } from "node:test";
import { readBytes } from "../../../lib/data/codecs/read_bytes.ts";
import { withFiles } from "../../support/dataset_folder.ts";

test("readBytes() reads a file and names one that it cannot read", () =>
  withFiles({ "a.bin": Uint8Array.of(1, 2, 3), "giant.bin": "" }, async (dir) => {
    assert.deepEqual([...await readBytes(join(dir, "a.bin"))], [1, 2, 3]);
    await assert.rejects(readBytes(join(dir, "b.bin")), {
      name: "Error",
      message: `Cannot read "${join(dir, "b.bin")}": there is no such file`,
    });
    await assert.rejects(readBytes(dir), { message: `Cannot read "${dir}": it is a folder` });
    truncateSync(join(dir, "giant.bin"), 2 ** 30 + 1);
    await assert.rejects(readBytes(join(dir, "giant.bin")), {
      name: "DamagedFileError",
      message: /^Cannot read ".*giant\.bin": it has 1\.0 GiB, .*: the most is 1 GiB$/,
    });
  }));
