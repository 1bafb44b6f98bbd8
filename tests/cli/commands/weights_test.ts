import assert from "node:assert/strict";
import { test } from "node:test";
import { runHere } from "../../support/cli_terminal.ts";
import { fixture } from "../../support/weight_fixtures.ts";
import { temporaryFolders } from "../../support/temporary_folder.ts";

const temporaryFolder = temporaryFolders();

test("segadv weights inspect lists tensors, where they go and what the network must be fed", async () => {
  const path = await fixture(temporaryFolder(), "resnet50.pth.gz");
  const { code, out } = await runHere("weights", "inspect", path, "--width", "0.001");
  assert.equal(code, 0);
  assert.match(
    out,
    /^tensor +type +shape +becomes\nmodule\.conv1\.weight +F32 +4x3x7x7 +conv1_conv\/k/,
  );
  assert.match(out, /module\.fc\.weight +F16 +10x16 +-\n/);
  assert.match(out, /pytorch, 320 tensors, /);
  assert.match(
    out,
    /Starts resnet50; origin: torchvision\ncopied: 265 tensors\nzero here, .* 47 more/,
  );
  assert.match(out, /start afresh: score\/kernel, score\/bias\n/);
  assert.match(
    out,
    /input: rgb, mean 123\.675, .*\nmodel\.variant v1\.5, model\.stemPool padded\n$/,
  );
});

test("segadv weights inspect --json gives the same report in one line", async () => {
  const path = await fixture(temporaryFolder(), "vgg16.npz");
  const { code, out } = await runHere(
    ...["weights", "inspect", path, "--model", "fcn32s-vgg16", "--width", "0.001", "--json"],
  );
  assert.equal(code, 0);
  const report = JSON.parse(out);
  assert.equal(report.network, "fcn32s-vgg16");
  assert.equal(report.plan.copies.length, 30);
});

test("segadv weights inspect fails in one line on a file that could run code", async () => {
  const { code, err } = await runHere(
    "weights",
    "inspect",
    await fixture(temporaryFolder(), "module.pth"),
  );
  assert.equal(code, 1);
  assert.match(err, /^error: Cannot read .*"torch\.nn\.modules\.linear\.Linear", which.*\n$/);
});
