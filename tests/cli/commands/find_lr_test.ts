import assert from "node:assert/strict";
import { readdir, readFile } from "node:fs/promises";
import { join } from "node:path";
import { test } from "node:test";
import { runHere } from "../../support/cli_terminal.ts";
import { temporaryFolders } from "../../support/temporary_folder.ts";

const temporaryFolder = temporaryFolders();
const SMALL = [
  ...["--backend", "wasm", "--set", "model.name=fcn8s-vgg16", "--set", "model.width=0.05"],
  ...["--set", "data.crop=[32,32]", "--set", "data.batch=4"],
];

test("segadv find-lr draws the curve, names a rate and the command, and leaves nothing else", async () => {
  const folder = temporaryFolder();
  const out = join(folder, "curve.svg");
  const extent = ["--from", "1e-5", "--to", "0.1", "--steps", "30", "--out", out];
  const { code, out: text } = await runHere("find-lr", ...SMALL, ...extent);
  assert.equal(code, 0);
  assert.match(text, /^L_seg, smoothed, over the learning rate \(logarithmic\), 30 steps\n/);
  assert.match(text, /\n +1\.0e-5 +0\.100\n/);
  const [, rate] = /falls fastest at \S+; train with it:\n.* --set optimizer\.lr=(\S+)\n$/.exec(
    text,
  )!;
  assert.ok(Number(rate) >= 1e-5 && Number(rate) <= 0.1);
  assert.ok(text.includes("train --backend wasm --set model.name=fcn8s-vgg16 --set"));
  assert.deepEqual(await readdir(folder), ["curve.svg"]);
  assert.match(await readFile(out, "utf8"), /^<svg /);
  const json = await runHere("find-lr", ...SMALL, ...extent, "--json");
  const found = JSON.parse(json.out);
  assert.deepEqual([String(found.rate), found.points.length], [rate, 30]);
});

test("segadv find-lr ends with 1 where it can name no rate, and draws nothing of no numbers", async () => {
  const folder = temporaryFolder();
  const extent = ["--from", "1e30", "--to", "1e38", "--steps", "12"];
  const out = ["--out", join(folder, "curve.svg")];
  const { code, err } = await runHere("find-lr", ...SMALL, ...extent, ...out);
  assert.equal(code, 1);
  assert.match(
    err,
    /error: Cannot name a rate: the loss falls nowhere between 1e\+30 and 1e\+38; /,
  );
});

test("segadv find-lr refuses what it does not take", async () => {
  const refused = [
    [["--from", "1", "--to", "0.1"], /^error: --from 1 must be below --to 0\.1\n$/],
    [["--from", "zero"], /Expected a number above 0, such as 1e-6\n$/],
    [["--steps", "3"], /Expected a whole number of at least 12\n$/],
    [["--set", "optimizer.lrr=1"], /optimizer\.lrr: unknown key; did you mean optimizer\.lr\?\n$/],
  ] as const;
  for (const [args, message] of refused) {
    const { code, err } = await runHere("find-lr", ...SMALL, ...args);
    assert.equal(code, 2);
    assert.match(err, message);
  }
});
