import assert from "node:assert/strict";
import { Buffer } from "node:buffer";
import { test } from "node:test";
import { decodePng } from "../../../lib/data/codecs/png_decode.ts";
import type { SampleEvent } from "../../../lib/train/events.ts";
import { train } from "../../../lib/train/run/train.ts";
import { config } from "../../support/config.ts";

test("sampleEvent() shows the first validation image as class indices after each validation", async () => {
  const overrides = ["train.epochs=2", "schedule.warmupEpochs=0", "validation.every=1"];
  const samples: SampleEvent[] = [];
  await train(await config(...overrides), {
    onEvent: (event) => event.type === "sample" && samples.push(event),
  });
  assert.deepEqual(samples.map(({ epoch }) => epoch), [1, 2]);
  const [{ id, width, height, png }] = samples as [SampleEvent];
  const picture = decodePng(Buffer.from(png, "base64"), { file: id });
  assert.deepEqual([picture.width, picture.height], [width, height]);
  assert.ok(width <= 256 && picture.data.every((label) => label < 5));
});
