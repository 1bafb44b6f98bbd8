/** What a JPEG's markers say, read without decoding. */

/** Size, number of colour components and number of scans of a JPEG. */
export interface JpegHeader {
  width: number;
  height: number;
  components: number;
  scans: number;
}

/**
 * Reads the frame header and follows the markers to the end of the image.
 *
 * @throws {SyntaxError} If the stream is no JPEG or ends before its end marker; `fail` words it.
 */
export function readJpegHeader(bytes: Uint8Array, fail: (why: string) => string): JpegHeader {
  if (bytes[0] !== 0xff || bytes[1] !== 0xd8) {
    throw new SyntaxError(fail("the file does not start with the JPEG signature"));
  }
  let header: JpegHeader | undefined;
  let scans = 0;
  for (let at = 2;;) {
    at = nextMarker(bytes, at);
    if (at < 0) throw new SyntaxError(fail("file truncated before its end marker"));
    const marker = bytes[at + 1]!;
    if (marker === 0xd9) break;
    if (at + 4 > bytes.length) throw new SyntaxError(fail("file truncated in a marker"));
    const length = (bytes[at + 2]! << 8) | bytes[at + 3]!;
    if (length < 2 || at + 2 + length > bytes.length) {
      throw new SyntaxError(fail(`file truncated in marker 0x${marker.toString(16)}`));
    }
    if (isFrame(marker)) {
      if (length < 8) throw new SyntaxError(fail("the frame header is too short"));
      header ??= {
        height: (bytes[at + 5]! << 8) | bytes[at + 6]!,
        width: (bytes[at + 7]! << 8) | bytes[at + 8]!,
        components: bytes[at + 9]!,
        scans: 0,
      };
    }
    if (marker === 0xda) scans++;
    at += 2 + length;
  }
  if (header) header.scans = scans;
  if (!header || scans === 0) throw new SyntaxError(fail("the file holds no image"));
  if (header.width === 0 || header.height === 0) {
    throw new SyntaxError(fail(`size ${header.width}x${header.height} is empty`));
  }
  return header;
}

/** Start-of-frame markers: 0xC0..0xCF without DHT, JPG and DAC. */
function isFrame(marker: number): boolean {
  return marker >= 0xc0 && marker <= 0xcf && marker !== 0xc4 && marker !== 0xc8 && marker !== 0xcc;
}

/** Position of the next 0xFF that starts a marker with meaning, or −1 at the end of the bytes. */
function nextMarker(bytes: Uint8Array, from: number): number {
  for (let at = from;; at++) {
    at = bytes.indexOf(0xff, at);
    if (at < 0 || at + 1 >= bytes.length) return -1;
    const marker = bytes[at + 1]!;
    // 00 is a stuffed byte, FF is padding, D0..D7 are restarts inside the data, 01 is reserved.
    const meaningful = marker > 0x01 && marker !== 0xff && !(marker >= 0xd0 && marker <= 0xd7);
    if (meaningful) return at;
  }
}
