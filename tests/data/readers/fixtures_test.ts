import { describe, test } from "node:test";
import assert from "node:assert/strict";
import { Buffer } from "node:buffer";
import { readdirSync, readFileSync, statSync } from "node:fs";
import { join } from "node:path";
import { decodeLabel } from "../../../lib/data/codecs/decode.ts";
import { FIXTURE_FILES } from "../../../lib/data/readers/fixture_files.ts";
import {
  FIXTURE_CLASSES,
  FIXTURE_SPLITS,
  fixturesReader,
} from "../../../lib/data/readers/fixtures.ts";
import { vocReader } from "../../../lib/data/readers/voc.ts";
import { makeFixtures } from "../../../tasks/make_fixtures.ts";

const ON_DISK = join(import.meta.dirname!, "../../../fixtures/VOCdevkit/VOC2012");

describe("fixturesReader", () => {
  test("fixturesReader.open() gives 24, 8 and 8 samples of 64x64 with five classes", async () => {
    const counts: Record<string, number> = { train: 24, val: 8, test: 8 };
    for (const [split, count] of Object.entries(counts)) {
      const dataset = await fixturesReader.open({ dir: null, split });
      assert.equal(dataset.ids.length, count);
      const seen = new Set<number>();
      for (let i = 0; i < count; i++) {
        const { id, image, label } = await dataset.read(i);
        assert.equal(id, dataset.ids[i]);
        assert.deepEqual([image.width, image.height], [64, 64]);
        label.data.forEach((value) => seen.add(value));
      }
      assert.deepEqual([...seen].sort((a, b) => a - b), [0, 1, 2, 3, 4, 255]);
    }
  });

  test("fixturesReader.open() gives what vocReader reads from the folder", async () => {
    const embedded = await fixturesReader.open({ dir: null, split: "val" });
    const folder = await vocReader.open({ dir: ON_DISK, split: "val" });
    assert.deepEqual(embedded.ids, folder.ids);
    assert.deepEqual(await embedded.read(3), await folder.read(3));
    assert.deepEqual(
      embedded.classes.map(({ color }) => color),
      folder.classes.slice(0, 5).map(({ color }) => color),
    );
  });

  test("fixturesReader.open() refuses an unknown split and a sample beyond the end", async () => {
    await assert.rejects(fixturesReader.open({ dir: null, split: "trian" }), {
      name: "MissingSplitError",
      message: 'Cannot open split "trian" of fixtures: there is none of that name, available: ' +
        "train, val, test",
    });
    const dataset = await fixturesReader.open({ dir: null, split: "val" });
    await assert.rejects(dataset.read(8), {
      name: "RangeError",
      message: 'Cannot read sample 8 of 8 in split "val"',
    });
  });

  test("makeFixtures() draws the committed files again", async () => {
    const files = await makeFixtures();
    const committed = readdirSync(ON_DISK, { recursive: true })
      .map((name) => String(name).replaceAll("\\", "/"))
      .filter((name) => statSync(join(ON_DISK, name)).isFile());
    assert.deepEqual([...files.keys()].sort(), committed.sort());
    assert.deepEqual(Object.keys(FIXTURE_FILES).sort(), committed);
    let total = 0;
    for (const [path, bytes] of files) {
      const onDisk = readFileSync(join(ON_DISK, path));
      assert.deepEqual(Buffer.from(FIXTURE_FILES[path]!, "base64"), onDisk, path);
      total += onDisk.length;
      if (path.endsWith(".png")) {
        // Deflate may choose other bytes for the same pixels where the runtime brings another zlib.
        const drawn = decodeLabel(bytes, { file: path });
        assert.deepEqual(drawn, decodeLabel(onDisk, { file: path }), path);
      } else {
        assert.ok(onDisk.equals(bytes), path);
      }
    }
    assert.ok(total < 300_000);
  });

  test("FIXTURE_SPLITS do not overlap and FIXTURE_CLASSES have colours of their own", () => {
    const all = Object.values(FIXTURE_SPLITS).flat();
    assert.equal(new Set(all).size, 40);
    assert.equal(new Set(FIXTURE_CLASSES.map(({ color }) => color.join())).size, 5);
  });
});
