import { test } from "node:test";
import assert from "node:assert/strict";
import { orientImage } from "../../../lib/data/codecs/exif.ts";
import { edgeAgreement } from "../../../lib/data/pictures/edge_agreement.ts";
import { scene } from "./_scenes.ts";

test("edgeAgreement() is high where borders are edges, and about 1 where they are not", () => {
  for (const size of [{ width: 48, height: 48 }, { width: 700, height: 500 }]) {
    const { image, label } = scene(1, size);
    assert.ok(edgeAgreement(image, label)! > 1.5);
    assert.ok(edgeAgreement(orientImage(image, 3), label)! < 1.2);
  }
});

test("edgeAgreement() of a mask without border is null, and sizes must agree", () => {
  const { image, label } = scene(2, { width: 20, height: 10 });
  assert.equal(edgeAgreement(image, { ...label, data: new Uint8Array(200) }), null);
  assert.equal(
    edgeAgreement({ ...image, width: 1, height: 1 }, { ...label, width: 1, height: 1 }),
    null,
  );
  assert.throws(() => edgeAgreement(image, { ...label, width: 10, height: 20 }), RangeError);
});
