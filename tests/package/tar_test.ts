import assert from "node:assert/strict";
import { test } from "node:test";
import { readTar } from "../support/registry/tar.ts";

/** One entry of an archive: a header and the content, each padded to blocks of 512 bytes. */
function entry(path: string, content: string, type = "0"): Uint8Array<ArrayBuffer> {
  const bytes = new Uint8Array(512 + 512 * Math.ceil(content.length / 512));
  const put = (text: string, at: number) => bytes.set(new TextEncoder().encode(text), at);
  put(path, 0);
  put(content.length.toString(8).padStart(11, "0"), 124);
  put(type, 156);
  put("ustar", 257);
  put(content, 512);
  return bytes;
}

function archive(...entries: Uint8Array<ArrayBuffer>[]): Uint8Array<ArrayBuffer> {
  return new Uint8Array([...entries, new Uint8Array(1024)].flatMap((bytes) => [...bytes]));
}

function texts(bytes: Uint8Array<ArrayBuffer>): [path: string, text: string][] {
  return readTar(bytes).map(({ path, bytes }) => [path, new TextDecoder().decode(bytes)]);
}

test("readTar() reads files of any length and leaves out folders", () => {
  const long = "x".repeat(600);
  assert.deepEqual(texts(archive(entry("lib", "", "5"), entry("a", long), entry("b/c", ""))), [
    ["a", long],
    ["b/c", ""],
  ]);
});

test("readTar() takes a long name from the entry before the file", () => {
  const name = `lib/${"n".repeat(150)}.ts`;
  const bytes = archive(entry("././@LongLink", `${name}\0`, "L"), entry("lib/n", "1"));
  assert.deepEqual(texts(bytes), [[name, "1"]]);
});

test("readTar() throws on an archive that ends within a file", () => {
  assert.throws(() => readTar(entry("a", "x".repeat(600)).subarray(0, 1024)), SyntaxError);
});
