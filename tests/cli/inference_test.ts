import assert from "node:assert/strict";
import { describe, test } from "node:test";
import { defaultConfig } from "@segadv/segadv";
import { addInferenceOptions } from "../../cli/inference.ts";
import { inferenceOf } from "../../cli/actions/with_model.ts";
import { UsageError } from "../../cli/errors.ts";
import { runHere } from "../support/cli_terminal.ts";

describe("addInferenceOptions()", () => {
  const wrong: [option: string, value: string, fault: RegExp][] = [
    ["--resize", "48", /Expected height x width in pixels, such as 1024x2048/],
    ["--resize", "0x48", /Expected height x width/],
    ["--resize-mode", "letterbx", /did you mean letterbox\?/],
    ["--window", "half", /Expected height x width/],
    ["--overlap", "1", /Expected a number from 0 to 0\.9/],
    ["--overlap", "", /Expected a number from 0 to 0\.9/],
    ["--scales", "1,0", /Expected a number from 0\.05 to 8/],
    ["--scales", "1,,2", /Expected a number from 0\.05 to 8/],
  ];
  for (const [option, value, fault] of wrong) {
    for (const command of [["eval", "run"], ["predict", "run", "x.png", "--out", "masks"]]) {
      test(`addInferenceOptions() refuses ${option} "${value}" of ${command[0]}`, async () => {
        const { code, err } = await runHere(...command, option, value);
        assert.equal(code, 2);
        assert.match(err, fault);
      });
    }
  }
});

test("inferenceOf() takes the run's way, or the default's, changed by the command line", () => {
  const config = defaultConfig();
  const { resize, resizeMode, scoreSize, window, overlap, scales, flip, batch } = config.inference;
  const plain = { resize, resizeMode, scoreSize, window, overlap, scales, flip, batch };
  assert.deepEqual(inferenceOf({}, null), plain);
  config.inference.flip = true;
  config.inference.resize = [416, 416];
  assert.deepEqual(inferenceOf({}, config), { ...plain, flip: true, resize: [416, 416] });
  const asked = inferenceOf({ resize: "none", flip: false, scales: [2], window: "whole" }, config);
  assert.deepEqual(asked, { ...plain, scales: [2], window: "whole" });
  assert.throws(() => inferenceOf({ resizeMode: "letterbox" }, null), UsageError);
  assert.equal(inferenceOf({ resizeMode: "letterbox" }, config).resizeMode, "letterbox");
});

test("addInferenceOptions() reads --resize none as a word: commander makes an empty string of null", () => {
  const parsers = new Map<string, (text: string) => unknown>();
  const command = {
    option(flags: string, _about: string, parse: (text: string) => unknown) {
      parsers.set(flags, parse);
      return command;
    },
    addOption: () => command,
  };
  addInferenceOptions(command as never);
  const resize = parsers.get("--resize <HxW>")!("none") as "none";
  const config = defaultConfig();
  config.inference.resize = [416, 416];
  assert.ok(resize);
  assert.equal(inferenceOf({ resize }, config).resize, null);
});
