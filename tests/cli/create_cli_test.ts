import assert from "node:assert/strict";
import { describe, test } from "node:test";
import { createCli } from "../../cli/create_cli.ts";
import { assertSnapshot } from "./_assert_snapshot.ts";
import { recordedStream, runHere } from "../support/cli_terminal.ts";

const COMMANDS = [
  [],
  ["train"],
  ["find-lr"],
  ["eval"],
  ["predict"],
  ["inspect"],
  ["inspect", "data"],
  ["inspect", "model"],
  ["convert"],
  ["doctor"],
  ["presets"],
  ["schema"],
  ["completions"],
];
for (const command of COMMANDS) {
  const name = ["segadv", ...command].join(" ");
  test(`createCli() makes the help of \`${name}\``, async () => {
    const { code, out, err } = await runHere(...command, "--help");
    assert.equal(code, 0);
    assert.equal(err, "");
    await assertSnapshot(`help/${name.replaceAll(" ", "_")}`, out);
  });
}

test("createCli() shows its help where nothing is asked", async () => {
  const { code, out } = await runHere();
  assert.equal(code, 0);
  assert.match(out, /^Usage: segadv \[options\] \[command\]/);
});

test("createCli() says its version", async () => {
  const { code, out } = await runHere("--version");
  assert.equal(code, 0);
  assert.match(out, /^\d+\.\d+\.\d+\n$/);
});

test("createCli() throws instead of ending the process", async () => {
  const program = createCli({ terminal: { out: recordedStream(), err: recordedStream() } });
  await assert.rejects(program.parseAsync(["train", "--nonsense"], { from: "user" }));
});

describe("runCli()", () => {
  const MISTAKES: [args: string[], line: RegExp][] = [
    [["trian"], /unknown command 'trian' \(Did you mean train\?\)/],
    [["train", "--epoch", "3"], /unknown option '--epoch' \(Did you mean --epochs\?\)/],
    [["train", "--backend", "webgl"], /one of auto, webgpu, wasm, cpu; did you mean webgpu\?/],
    [["train", "--preset", "camvid-smal"], /one of fixtures, .*; did you mean camvid-small\?/],
    [["train", "--dataset", "fodler"], /did you mean folder\?/],
    [["train", "--seed", "x"], /Expected a whole number of at least 0/],
    [["train", "--epochs", "0"], /Expected a whole number of at least 1/],
    [["train", "--max-steps", "1.5"], /Expected a whole number of at least 1/],
    [
      ["train", "--set", "optimizer.lrr=1"],
      /optimizer\.lrr: unknown key; did you mean optimizer\.lr/,
    ],
    [["train", "--set", "lr"], /expected key=value, such as optimizer\.lr=0\.01, got "lr"/],
    [["train", "--set", "data.crop=[100,64]"], /data\.crop: expected multiples of 16/],
    [
      ["train", "--preset", "fixtures", "--data", "photos"],
      /data\.dir: .*set data\.dataset \(--dataset\)/,
    ],
    [["train", "--preset", "camvid-small"], /data\.dir: .*set data\.dir \(--data DIR\)/],
    [["train", "nope.yaml"], /nope\.yaml: there is no such config file/],
    [["train", "camvid-small"], /for the preset use --preset camvid-small/],
    [["eval"], /missing required argument 'run\|model'/],
    [["eval", "nowhere"], /There is no folder nowhere/],
    [["predict", "nowhere", "a.png"], /required option '--out <dir>' not specified/],
    [["predict", "nowhere", "a.png", "--out", "x"], /There is no image or folder a\.png/],
    [["inspect", "model", "resnet5"], /did you mean resnet50\?/],
    [["inspect", "model", "resnet50", "--width", "0"], /Expected a number above 0/],
    [["presets", "thesis-fcn8s-vok"], /did you mean thesis-fcn8s-voc\?/],
    [["completions", "tcsh"], /Allowed choices are zsh, bash, fish, powershell/],
  ];
  for (const [args, line] of MISTAKES) {
    test(`segadv ${args.join(" ")}`, async () => {
      const { code, out, err } = await runHere(...args);
      assert.equal(code, 2, err);
      assert.equal(out, "");
      assert.match(err, line);
      assert.match(err, /^error: [^\n]*\n$/);
    });
  }
});

test("runCli() says each of several mistakes in a configuration on a line", async () => {
  const { code, err } = await runHere("train", "--set", "seed=x", "--set", "optimizer.lr=fast");
  assert.equal(code, 2);
  assert.equal(
    err,
    'error: seed: expected a number, got "x"\n' +
      'error: optimizer.lr: expected a number, got "fast"\n',
  );
});
