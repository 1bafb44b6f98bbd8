import assert from "node:assert/strict";
import { test } from "node:test";
import { TrainReport } from "../../../cli/actions/train_report.ts";
import type { StartEvent } from "../../../lib/train/events.ts";
import { recordedStream } from "../../support/cli_terminal.ts";
import { config as load } from "../../support/config.ts";

/** What is printed of weights that start anew. */
async function freshOf(fresh: string[]): Promise<string> {
  const config = await load();
  const stream = recordedStream();
  const report = new TrainReport(stream, { config, preset: undefined });
  const event: StartEvent = {
    type: "start",
    time: 0,
    config,
    backend: "cpu",
    device: "",
    classes: ["a", "b"],
    stepsPerEpoch: 1,
    totalSteps: 1,
    parameters: { segmentation: 1, discriminator: 0 },
    initialization: {
      path: "a.safetensors",
      format: "safetensors",
      origin: "torchvision",
      copied: 104,
      zero: 0,
      fresh,
      input: null,
    },
  };
  report.onEvent(event);
  return /; new: (.*)/.exec(stream.text)![1]!;
}

test("TrainReport.onEvent() names a few weights that start anew, and counts many by part", async () => {
  assert.equal(await freshOf([]), "none");
  assert.equal(await freshOf(["score/kernel", "score/bias"]), "score/kernel, score/bias");
  const decoder = Array.from({ length: 50 }, (_, i) => `decoder_aspp${i}_bn/gamma`);
  assert.equal(
    await freshOf(["score/kernel", "score/bias", ...decoder]),
    "50 of decoder, 2 of score (events.jsonl lists them)",
  );
  const parts = Array.from({ length: 9 }, (_, i) => `features${i}_conv/kernel`);
  assert.match(await freshOf(parts), /1 of features5, 3 of other parts \(events/);
});
