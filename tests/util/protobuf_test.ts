import assert from "node:assert/strict";
import { test } from "node:test";
import { Buffer } from "node:buffer";
import { bytesField, concat, floatField, messageOf, varintField } from "../../lib/util/protobuf.ts";

test("varintField(), floatField() and bytesField() write the wire format of protocol buffers", () => {
  // The examples of the encoding guide: 150 as a varint, "testing" as bytes
  assert.deepEqual([...varintField(1, 150)], [0x08, 0x96, 0x01]);
  assert.deepEqual([...bytesField(2, "testing")], [
    0x12,
    7,
    ...new TextEncoder().encode("testing"),
  ]);
  assert.deepEqual([...floatField(2, 1)], [0x15, 0, 0, 0x80, 0x3f]);
});

test("varintField() writes negative numbers in 64 bits", () => {
  // The encoding guide: ten bytes for every negative number
  const hex = Buffer.from(varintField(1, -2)).toString("hex");
  assert.equal(hex, "08feffffffffffffffff01");
});

test("messageOf() is the field of its parts, put one after another", () => {
  const parts = [varintField(1, 150), bytesField(2, "testing")];
  assert.deepEqual(concat(messageOf(3, parts)), bytesField(3, concat(parts)));
});
