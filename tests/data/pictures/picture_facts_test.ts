import { test } from "node:test";
import assert from "node:assert/strict";
import { join } from "node:path";
import { encodePng } from "../../../lib/data/codecs/png_encode.ts";
import { pictureFacts } from "../../../lib/data/pictures/picture_facts.ts";
import { picture, withFiles } from "../../support/dataset_folder.ts";
import { turnedPng } from "../../support/turned_picture.ts";

test("pictureFacts() reads the orientation, and values of more than 8 bits", () => {
  const shown = { width: 3, height: 2, data: new Uint8Array(18) };
  const deep = { width: 2, height: 1, channels: 1, data: Uint16Array.of(7, 900) } as const;
  const files = {
    "plain.png": picture(3, 2),
    "turned.jpg": turnedPng(shown, 6), // by content
    "deep.png": encodePng(deep),
    "text.png": "no picture",
  };
  return withFiles(files, async (dir) => {
    const facts = async (name: string): Promise<unknown> => await pictureFacts(join(dir, name));
    assert.deepEqual(await facts("plain.png"), { orientation: 1, values: null });
    assert.deepEqual(await facts("turned.jpg"), { orientation: 6, values: null });
    assert.deepEqual(await facts("deep.png"), {
      orientation: 1,
      values: { low: 7, high: 900, isFloat: false },
    });
    for (const name of ["text.png", "gone.png", "."]) {
      assert.deepEqual(await facts(name), { orientation: 1, values: null });
    }
  });
});
