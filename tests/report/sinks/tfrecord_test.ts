import assert from "node:assert/strict";
import { test } from "node:test";
import {
  bytesField,
  crc32c,
  floatField,
  maskedCrc32c,
  tfRecord,
  varintField,
} from "../../../lib/report/sinks/tfrecord.ts";

test("crc32c() has the published check value", () => {
  assert.equal(crc32c(new TextEncoder().encode("123456789")).toString(16), "e3069283");
});

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

test("tfRecord() frames the content with its length and both checksums", () => {
  const framed = tfRecord(Uint8Array.of(1, 2, 3));
  const view = new DataView(framed.buffer);
  assert.equal(framed.length, 3 + 16);
  assert.equal(view.getBigUint64(0, true), 3n);
  assert.equal(view.getUint32(8, true), maskedCrc32c(framed.subarray(0, 8)));
  assert.equal(view.getUint32(15, true), maskedCrc32c(Uint8Array.of(1, 2, 3)));
});
