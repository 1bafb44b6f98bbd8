import { test } from "node:test";
import assert from "node:assert/strict";
import type { Raster } from "../../../lib/data/codecs/raster.ts";
import { bmpFormat } from "../../../lib/data/codecs/bmp.ts";

/** The header of a BMP and `body`. */
function bmp(
  { width = 2, height = 2, bits = 24, compression = 0 }: Record<string, number>,
  body: number[],
): Uint8Array {
  const bytes = new Uint8Array(54 + body.length);
  const view = new DataView(bytes.buffer);
  bytes.set([0x42, 0x4d]);
  view.setUint32(10, 54, true);
  view.setUint32(14, 40, true);
  view.setInt32(18, width, true);
  view.setInt32(22, height, true);
  view.setUint16(28, bits, true);
  view.setUint32(30, compression, true);
  view.setUint32(46, 1, true);
  bytes.set(body, 54);
  return bytes;
}

function decode(bytes: Uint8Array): Promise<Raster> {
  return bmpFormat.decode(bytes, { file: "scan.bmp" });
}

test("bmpFormat.decode() reads rows from the bottom, filled up to four bytes", async () => {
  const { data } = await decode(bmp({}, [1, 2, 3, 4, 5, 6, 0, 0, 7, 8, 9, 10, 11, 12, 0, 0]));
  assert.deepEqual([...data], [9, 8, 7, 12, 11, 10, 3, 2, 1, 6, 5, 4]);
});

test("bmpFormat.decode() refuses absurd sizes, unknown kinds and short files", async () => {
  const cases: [Uint8Array, RegExp][] = [
    [bmp({ width: 65_536, height: 65_536 }, []), /65536x65536 is more than the limit of 67108864/],
    [bmp({ width: 0 }, []), /size 0x2 is empty/],
    [bmp({ bits: 13 }, []), /13 bits with compression 0 are not supported/],
    [bmp({ compression: 5 }, []), /24 bits with compression 5 are not supported/],
    [bmp({}, [1, 2, 3]), /the file is truncated/],
    // Run lengths that never come to an end
    [bmp({ bits: 8, compression: 1, width: 500, height: 500 }, [0, 0, 0, 0]), /truncated/],
    [bmp({ bits: 8, compression: 1, width: 5000, height: 5000 }, [0, 1]), /56 bytes cannot hold/],
  ];
  for (const [bytes, message] of cases) {
    await assert.rejects(decode(bytes), { name: "DamagedFileError", message });
  }
});
