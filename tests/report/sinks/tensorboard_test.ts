import assert from "node:assert/strict";
import { describe, test } from "node:test";
import { crc32c, maskedCrc32c, tfRecord } from "../../../lib/report/sinks/tensorboard.ts";
import { Buffer } from "node:buffer";
import { readdir, readFile } from "node:fs/promises";
import { join } from "node:path";
import { openSink } from "../../../lib/report/sinks/registry.ts";
import { parseEvents } from "../../../lib/train/run/read_run.ts";
import { tinyRun } from "../../support/tiny_run.ts";
import { temporaryFolders } from "../../support/temporary_folder.ts";

test("crc32c() has the published check value", () => {
  assert.equal(crc32c(new TextEncoder().encode("123456789")).toString(16), "e3069283");
});

test("tfRecord() frames the content with its length and both checksums", () => {
  const framed = tfRecord(Uint8Array.of(1, 2, 3));
  const view = new DataView(framed.buffer);
  assert.equal(framed.length, 3 + 16);
  assert.equal(view.getBigUint64(0, true), 3n);
  assert.equal(view.getUint32(8, true), maskedCrc32c(framed.subarray(0, 8)));
  assert.equal(view.getUint32(15, true), maskedCrc32c(Uint8Array.of(1, 2, 3)));
});

const temporaryFolder = temporaryFolders();

/** A protobuf message: values of each field, in order. */
type Fields = Map<number, (bigint | Uint8Array)[]>;

/** Reads a message by its wire types alone. */
function decode(bytes: Uint8Array): Fields {
  const fields: Fields = new Map();
  let at = 0;
  const varint = (): bigint => {
    let value = 0n;
    for (let shift = 0n;; shift += 7n) {
      const byte = bytes[at++]!;
      value |= BigInt(byte & 127) << shift;
      if (byte < 128) return value;
    }
  };
  while (at < bytes.length) {
    const key = Number(varint());
    const take = (length: number): Uint8Array => bytes.subarray(at, at += length);
    const value = [varint, () => take(8), () => take(Number(varint())), null, null, () => take(4)][
      key & 7
    ]!();
    fields.set(key >> 3, [...(fields.get(key >> 3) ?? []), value]);
  }
  return fields;
}

/** Contents of all records, each checksum checked. */
function recordsOf(file: Uint8Array): Fields[] {
  const view = new DataView(file.buffer, file.byteOffset, file.byteLength);
  const records: Fields[] = [];
  for (let at = 0; at < file.length;) {
    const length = Number(view.getBigUint64(at, true));
    assert.equal(view.getUint32(at + 8, true), maskedCrc32c(file.subarray(at, at + 8)));
    const content = file.subarray(at + 12, at + 12 + length);
    assert.equal(view.getUint32(at + 12 + length, true), maskedCrc32c(content));
    records.push(decode(content));
    at += length + 16;
  }
  return records;
}

function text(bytes: unknown): string {
  return new TextDecoder().decode(bytes as Uint8Array);
}

describe("openSink()", () => {
  test("openSink() writes every scalar and picture of a run for TensorBoard", async () => {
    const path = await tinyRun(temporaryFolder());
    const events = parseEvents(await readFile(join(path, "events.jsonl"), "utf8"));
    const folder = temporaryFolder();
    const sink = openSink("tensorboard", folder);
    for (const event of events) sink.write(event);
    const [name] = await readdir(join(folder, "tensorboard"));
    assert.match(name!, /^events\.out\.tfevents\.\d+\./);
    const [header, ...records] = recordsOf(await readFile(join(folder, "tensorboard", name!)));
    assert.equal(text(header!.get(3)![0]), "brain.Event:2");

    const scalars = new Map<string, number>();
    const pictures: { tag: string; step: bigint; png: Uint8Array }[] = [];
    for (const record of records) {
      const step = record.get(2)![0] as bigint;
      for (const value of decode(record.get(5)![0] as Uint8Array).get(1)!) {
        const fields = decode(value as Uint8Array);
        const tag = text(fields.get(1)![0]);
        if (fields.has(2)) {
          scalars.set(`${tag} ${step}`, Buffer.from(fields.get(2)![0] as Uint8Array).readFloatLE());
        } else {
          const png = decode(fields.get(4)![0] as Uint8Array).get(4)![0] as Uint8Array;
          pictures.push({ tag, step, png });
        }
      }
    }
    for (const event of events) {
      if (event.type === "step") {
        for (const [key, value] of Object.entries(event.logs)) {
          assert.equal(scalars.get(`${key} ${event.step}`), Math.fround(value));
        }
      }
      if (event.type === "validation") {
        assert.equal(scalars.get(`val/mIoU ${event.step}`), Math.fround(event.scores.mIoU));
      }
    }
    const samples = events.filter((event) => event.type === "sample");
    assert.equal(pictures.length, samples.length);
    assert.deepEqual(Buffer.from(pictures[0]!.png).toString("base64"), samples[0]!.png);
  });
});
