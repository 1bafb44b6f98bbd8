import assert from "node:assert/strict";
import { mkdir, readdir, readFile, symlink, writeFile } from "node:fs/promises";
import { join } from "node:path";
import { describe, test } from "node:test";
import { decodePng } from "../../../lib/data/codecs/png_decode.ts";
import { convertData } from "../../../lib/data/convert/convert_data.ts";
import { exportFormats } from "../../../lib/data/convert/formats.ts";
import { openDataset } from "../../../lib/data/registry.ts";
import { findLayout } from "../../../lib/data/validate/inspect_data.ts";
import { indexFolder, NAMES } from "../../support/annotation_folders.ts";
import { type Content, labels, picture, writeFiles } from "../../support/dataset_folder.ts";
import { shapesFolder } from "../../support/shapes_folder.ts";
import { temporaryFolders } from "../../support/temporary_folder.ts";

const temporaryFolder = temporaryFolders();
const SPLITS = ["train", "val"];

async function shapes(): Promise<{ folder: string; dir: string; out: string }> {
  const folder = temporaryFolder();
  return { folder, dir: await shapesFolder(join(folder, "in")), out: join(folder, "new", "out") };
}

function grey(width: number, height: number): Uint8Array {
  return labels(width, height, { values: [80] });
}

describe("convertData()", () => {
  test("convertData() writes a folder that reads as the data set it was", async () => {
    const out = join(temporaryFolder(), "out");
    const source = { reader: "fixtures", dir: null, splits: SPLITS };
    const steps: string[] = [];
    const onProgress = ({ phase, split }: { phase: string; split: string }): void => {
      steps.push(`${phase} ${split}`);
    };
    const { splits } = await convertData(source, out, { to: "folder", onProgress });
    assert.deepEqual(splits, [{ split: "train", samples: 24 }, { split: "val", samples: 8 }]);
    assert.equal(steps.length, 64);
    for (const split of SPLITS) {
      const before = await openDataset("fixtures", { split });
      const after = await openDataset("folder", { dir: out, split });
      assert.deepEqual(after.ids, before.ids);
      assert.deepEqual(after.classes, before.classes);
      assert.equal(after.ignoreLabel, before.ignoreLabel);
      for (const i of before.ids.keys()) {
        assert.deepEqual(await after.read(i), await before.read(i));
      }
    }
    const file = `val/labels/${(await readdir(join(out, "val/labels"))).sort()[0]}`;
    assert.ok(decodePng(await readFile(join(out, file)), { file }).palette);
  });

  test("convertData() copies the pictures' files with keep", async () => {
    const { dir, out } = await shapes();
    await convertData({ reader: "folder", dir, splits: ["val"] }, out, {
      to: "folder",
      keep: true,
    });
    const name = "val/images/val-0.png";
    assert.deepEqual(await readFile(join(out, name)), await readFile(join(dir, name)));
  });

  const READERS: Record<string, string> = {
    folder: "folder",
    voc: "cvat-masks",
    coco: "coco",
    yolo: "yolo",
  };
  for (const { name: to } of exportFormats) {
    for (const keep of [false, true]) {
      test(`convertData() writes ${to} that is read alike${keep ? ", with keep" : ""}`, async () => {
        const folder = temporaryFolder();
        const classes = NAMES.map((name, i) => ({
          name,
          color: [i, 10, 224] as [number, number, number],
        }));
        const dir = writeFiles(join(folder, "in"), indexFolder(classes));
        const out = join(folder, "out");
        await convertData({ reader: "folder", dir, splits: SPLITS }, out, { to, keep });
        const reader = READERS[to]!;
        assert.deepEqual((await findLayout(out)).splits, SPLITS);
        assert.equal((await findLayout(out)).reader, reader);
        for (const split of SPLITS) {
          const before = await openDataset("folder", { dir, split });
          const after = await openDataset(reader, { dir: out, split });
          assert.deepEqual(after.ids, before.ids);
          assert.deepEqual(after.classes.map(({ name }) => name), NAMES);
          for (const i of before.ids.keys()) {
            const { image, label } = await after.read(i);
            assert.deepEqual(label, (await before.read(i)).label);
            assert.deepEqual(image, (await before.read(i)).image);
          }
        }
      });
    }
  }

  test("convertData() keeps ignored pixels, and pictures of one name in two splits apart", async () => {
    for (const { name: to } of exportFormats) {
      const folder = temporaryFolder();
      const files: Record<string, Content> = { "classes.json": { classes: ["a", "b"], ignore: 9 } };
      for (const [split, values] of [["train", [0, 1, 9, 1]], ["val", [9, 9, 1, 0]]] as const) {
        files[`${split}/images/same.png`] = split === "val" ? picture(2, 2) : grey(2, 2);
        files[`${split}/labels/same.png`] = labels(2, 2, { values: [...values] });
      }
      const dir = writeFiles(join(folder, "in"), files);
      const out = join(folder, "out");
      await convertData({ reader: "folder", dir, splits: SPLITS }, out, { to });
      const truth: number[][] = [];
      for (const split of SPLITS) {
        const after = await openDataset(READERS[to]!, { dir: out, split });
        assert.deepEqual(after.classes.map(({ name }) => name), ["a", "b"], to);
        const { data } = (await after.read(0)).label;
        truth.push([...data].map((value) => value === after.ignoreLabel ? 9 : value));
      }
      assert.deepEqual(truth, [[0, 1, 9, 1], [9, 9, 1, 0]], to);
    }
  });

  test("convertData() never overwrites and never writes into what it reads", async () => {
    const { folder, dir, out } = await shapes();
    const source = { reader: "folder", dir, splits: SPLITS };
    await mkdir(out, { recursive: true });
    await convertData(source, out, { to: "folder" }); // an empty folder will do
    await assert.rejects(
      convertData(source, out, { to: "voc" }),
      /not empty; nothing is overwritten/,
    );
    await writeFile(join(folder, "file"), "");
    await assert.rejects(
      convertData(source, join(folder, "file"), { to: "voc" }),
      /a file of that name is there; nothing is overwritten/,
    );
    await symlink(dir, join(folder, "link"));
    for (const inside of [dir, join(dir, "x/y"), join(folder, "link/z")]) {
      await assert.rejects(
        convertData(source, inside, { to: "voc" }),
        /not empty|lies in the data/,
      );
    }
    assert.deepEqual((await readdir(folder)).sort(), ["file", "in", "link", "new"]);
  });

  test("convertData() refuses unsound data and leaves nothing where it fails", async () => {
    const { folder, dir, out } = await shapes();
    const source = { reader: "folder", dir, splits: SPLITS };
    const signal = AbortSignal.abort(new Error("stopped"));
    await assert.rejects(convertData(source, out, { to: "voc", signal }), /stopped/);
    let wrote = 0;
    await assert.rejects(
      convertData(source, out, {
        to: "coco",
        onProgress({ phase }) {
          if (phase === "wrote" && ++wrote === 3) throw new Error("a failing disk");
        },
      }),
      /a failing disk/,
    );
    await writeFile(join(dir, "classes.json"), JSON.stringify({ classes: ["ground"] }));
    await assert.rejects(
      convertData(source, out, { to: "folder" }),
      /1 is neither a class|one class/,
    );
    assert.deepEqual(await readdir(join(folder, "new")).catch(() => []), []);
  });
});
