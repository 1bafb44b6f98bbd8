import { test } from "node:test";
import assert from "node:assert/strict";
import { encodePng } from "../../../lib/data/codecs/png_encode.ts";
import { orientImage } from "../../../lib/data/codecs/exif.ts";
import type { LabelMap } from "../../../lib/data/dataset.ts";
import {
  chooseOrientation,
  type ChosenOrientation,
} from "../../../lib/data/pictures/choose_orientation.ts";
import { pairDataset } from "../../../lib/data/readers/pair_dataset.ts";
import { type Content, withFiles } from "../../support/dataset_folder.ts";
import { turnedPng } from "../../support/turned_picture.ts";
import { scene } from "./_scenes.ts";

/** How a picture is stored, and over what its mask is drawn. */
interface Case {
  orientation: number;
  drawn: "shown" | "stored";
  size: { width: number; height: number };
}

/** The mask over the stored picture: turned the other way. */
function storedMask({ width, height, data }: LabelMap, orientation: number): LabelMap {
  const back = ({ 6: 8, 8: 6 } as Record<number, number>)[orientation] ?? orientation;
  return orientImage({ width, height, data, channels: 1 }, back);
}

async function choose(cases: readonly Case[]): Promise<ChosenOrientation> {
  const files: Record<string, Content> = {};
  for (const [i, { orientation, drawn, size }] of cases.entries()) {
    const { image, label } = scene(i, size);
    const { width, height, data } = drawn === "shown" ? label : storedMask(label, orientation);
    files[`${i}.png`] = turnedPng(image, orientation);
    files[`${i}_mask.png`] = encodePng({ width, height, channels: 1, data });
  }
  let chosen: ChosenOrientation | undefined;
  await withFiles(files, async (dir) => {
    const dataset = pairDataset({
      name: "test",
      split: "train",
      classes: [],
      ignoreLabel: 255,
      pairs: cases.map((_, i) => ({
        id: `${i}`,
        image: `${dir}/${i}.png`,
        label: `${dir}/${i}_mask.png`,
      })),
    });
    chosen = await chooseOrientation(
      cases.map(({ orientation }, index) => ({ dataset, index, orientation })),
    );
  });
  return chosen!;
}

const WIDE = { width: 64, height: 48 };
const SQUARE = { width: 48, height: 48 };

test("chooseOrientation() goes by the size where it tells", async () => {
  for (const orientation of [5, 6, 7, 8]) {
    const apply = await choose([{ orientation, drawn: "shown", size: WIDE }]);
    assert.deepEqual(apply, { orientation: "apply", by: "size" });
    const ignore = await choose([{ orientation, drawn: "stored", size: WIDE }]);
    assert.deepEqual(ignore, { orientation: "ignore", by: "size" });
  }
});

test("chooseOrientation() goes by the edges where sizes are one", async () => {
  for (const orientation of [2, 3, 4, 5, 6, 7, 8]) {
    for (const [drawn, expected] of [["shown", "apply"], ["stored", "ignore"]] as const) {
      const cases = [1, 2, 3, 4].map(() => ({ orientation, drawn, size: SQUARE }));
      assert.deepEqual(await choose(cases), { orientation: expected, by: "edges" });
      assert.deepEqual(await choose(cases.slice(3)), { orientation: expected, by: "edges" });
    }
  }
});

test("chooseOrientation() asks where neither tells, and names both habits", async () => {
  await assert.rejects(
    choose([
      { orientation: 6, drawn: "shown", size: WIDE },
      { orientation: 6, drawn: "stored", size: WIDE },
    ]),
    /drawn in two ways: that of ".*\/0\.png" over the picture turned upright .* "[^"]*\/1\.png"/,
  );
  const mixed = [0, 1, 2, 3, 4, 5].map((i) => ({
    orientation: 3,
    drawn: i % 2 === 0 ? "shown" as const : "stored" as const,
    size: SQUARE,
  }));
  await assert.rejects(choose(mixed), {
    name: "DataQuestionError",
    message: /^Cannot tell how masks were drawn: 6 pictures .* --set data\.orientation=apply if .+/,
  });
});
