import assert from "node:assert/strict";
import { test } from "node:test";
import { runHere } from "../../support/cli_terminal.ts";

// Table 4-8 of the thesis, to the last weight
const TOTALS: [name: string, classes: number, total: number][] = [
  ["fcn8s-vgg16", 21, 134_475_647],
  ["fcn8s-vgg16", 19, 134_445_433],
  ["resnet50", 21, 23_630_741],
  ["resnet50", 19, 23_626_643],
  ["dcgan", 21, 2_786_753],
  ["dcgan", 19, 2_784_705],
];
for (const [name, classes, total] of TOTALS) {
  test(`segadv inspect model ${name} --classes ${classes} --json counts ${total} weights`, async () => {
    const { code, out } = await runHere(
      ...["inspect", "model", name, "--classes", String(classes), "--json"],
    );
    assert.equal(code, 0);
    assert.equal(out.indexOf("\n"), out.length - 1);
    assert.equal(JSON.parse(out).parameters.total, total);
  });
}

test("segadv inspect model prints a table of layers, and less with --width", async () => {
  const { out } = await runHere("inspect", "model", "fcn8s-vgg16", "--width", "0.25");
  assert.match(out, /^layer +part +kind +output +weights\n/);
  assert.match(out, /block1_conv1 +stage 1 +conv 3×3\S* .*416x416x16 +448\n/);
  assert.match(
    out,
    /\n8,\d{3},\d{3} weights, \d[\d,]* trainable; outputs for an input of 416x416\n/,
  );
});

test("segadv inspect model --freeze shows stages and what is frozen", async () => {
  const { out } = await runHere("inspect", "model", "resnet50", "--freeze", "1");
  assert.match(out, /\nconv1_conv +stage 1, frozen +conv 7×7/);
  assert.match(out, /\nconv2_block1_1_conv +stage 2 +conv 1×1/);
  assert.match(out, /\nscore +head +conv 1×1/);
  const refused = [
    ["resnet50", "6", /^error: --freeze: the backbone of resnet50 has 5 stages\n$/],
    ["dcgan", "1", /^error: --freeze is of networks, dcgan is none\n$/],
    ["resnet50", "all", /Expected backbone, or the number of a stage\n$/],
  ] as const;
  for (const [name, what, message] of refused) {
    const { code, err } = await runHere("inspect", "model", name, "--freeze", what);
    assert.equal(code, 2);
    assert.match(err, message);
  }
});
