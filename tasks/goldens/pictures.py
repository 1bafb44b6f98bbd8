#!/usr/bin/env python3
"""Small pictures of every format that is read, and what Pillow or NumPy say that they hold.

    /usr/bin/python3 tasks/goldens/pictures.py

Writes fixtures/goldens/pictures.json: `levels` is what a viewer shows (RGB, upright, over white),
`samples` what the file holds. Files that Pillow cannot write are put together here.
"""

import base64
import io
import json
import struct
import zlib
from pathlib import Path

import numpy as np
from PIL import Image, ImageOps

OUT = Path(__file__).resolve().parents[2] / "fixtures" / "goldens" / "pictures.json"
H, W = 7, 11
rng = np.random.default_rng(17)
RGB = rng.integers(0, 256, (H, W, 3)).astype(np.uint8)
RGB[2:4, 3:9] = RGB[2, 3]
GREY = RGB[:, :, 0]
RGBA = np.dstack([RGB, rng.choice([0, 90, 255], (H, W))]).astype(np.uint8)
DEEP = (GREY.astype(np.uint16) * 250 + 3).astype(np.uint16)
cases = []


def shown(image):
    """RGB as a viewer shows it."""
    image = ImageOps.exif_transpose(image)
    if "A" in image.getbands() or "transparency" in image.info:
        image = image.convert("RGBA")
        white = Image.new("RGB", image.size, (255, 255, 255))
        white.paste(image, mask=image.getchannel("A"))
        image = white
    return np.array(image.convert("RGB"))


def case(name, data, *, levels=None, samples=None):
    entry = {"name": name, "file": base64.b64encode(data).decode()}
    if samples is not None:
        samples = samples if samples.ndim == 3 else samples[:, :, None]
        entry |= {"size": [samples.shape[1], samples.shape[0], samples.shape[2]]}
        entry |= {"samples": [float(v) for v in samples.reshape(-1)]}
    else:
        levels = shown(Image.open(io.BytesIO(data))) if levels is None else levels
        entry |= {"size": [levels.shape[1], levels.shape[0], 3], "levels": base64.b64encode(levels.tobytes()).decode()}
    cases.append(entry)


def saved(image, form, **options):
    out = io.BytesIO()
    (image if isinstance(image, Image.Image) else Image.fromarray(image)).save(out, form, **options)
    return out.getvalue()


# --- TIFF -----------------------------------------------------------------------------------------


def lzw(data):
    """TIFF's LZW, without a table: nothing but single values, and a reset before codes get longer."""
    bits, out = "", bytearray()
    for i, byte in enumerate(data):
        if i % 250 == 0:
            bits += f"{256:09b}"
        bits += f"{byte:09b}"
    bits += f"{257:09b}"
    bits += "0" * (-len(bits) % 8)
    return bytes(int(bits[i:i + 8], 2) for i in range(0, len(bits), 8))


def tiff(array, *, order="<", big=False, tile=None, rows=3, planar=False, packing=1, predictor=1, photometric=None,
         extra=None, orientation=1, palette=None):
    """A TIFF of [h, w, samples], in strips of `rows` or in square tiles."""
    array = array if array.ndim == 3 else array[:, :, None]
    h, w, samples = array.shape
    kind = {"u": 1, "i": 2, "f": 3}[array.dtype.kind]
    size = array.dtype.itemsize
    blocks = []
    for plane in [array[:, :, c:c + 1] for c in range(samples)] if planar else [array]:
        for y in range(0, h, tile or rows):
            for x in range(0, w, tile or w):
                part = plane[y:y + (tile or rows), x:x + (tile or w)]
                if tile:
                    part = np.pad(part, ((0, tile - part.shape[0]), (0, tile - part.shape[1]), (0, 0)))
                if predictor == 2:
                    part = np.concatenate([part[:, :1], part[:, 1:] - part[:, :-1]], 1)
                raw = part.astype(array.dtype.newbyteorder(order)).tobytes()
                if predictor == 3:
                    rows_of = part.astype(array.dtype.newbyteorder(">")).reshape(part.shape[0], -1).view(np.uint8)
                    rows_of = rows_of.reshape(part.shape[0], -1, size).transpose(0, 2, 1).reshape(part.shape[0], -1)
                    step = part.shape[2]
                    raw = np.concatenate([rows_of[:, :step], rows_of[:, step:] - rows_of[:, :-step]], 1).tobytes()
                blocks.append({1: lambda: raw, 5: lambda: lzw(raw), 8: lambda: zlib.compress(raw)}[packing]())
    extra_count = samples - {2: 3, 5: 4}.get(photometric or (2 if samples >= 3 else 1), 1)
    fields = {256: [w], 257: [h], 258: [size * 8] * samples, 259: [packing],
              262: [photometric if photometric is not None else 2 if samples >= 3 else 1],
              274: [orientation], 277: [samples], 284: [2 if planar else 1], 317: [predictor], 339: [kind] * samples}
    if extra_count > 0:
        fields[338] = extra or [0] * extra_count
    if palette is not None:
        fields[320] = (palette.astype(int) * 257).T.reshape(-1).tolist()
    if tile:
        fields |= {322: [tile], 323: [tile], 324: None, 325: [len(b) for b in blocks]}
    else:
        fields |= {278: [rows], 273: None, 279: [len(b) for b in blocks]}
    offsets_tag = 324 if tile else 273
    fields[offsets_tag] = [0] * len(blocks)
    entry, inline, form = (20, 8, "Q") if big else (12, 4, "L")
    start = 16 if big else 8
    at = start + (8 if big else 2) + entry * len(fields) + inline
    body = bytearray()
    for tag, values in fields.items():
        if tag != offsets_tag and len(values) * (8 if big else 4) > inline and len(values) * 2 > inline:
            at += len(values) * 4
    at += len(blocks) * 4 if len(blocks) * 4 > inline else 0
    for i, block in enumerate(blocks):
        fields[offsets_tag][i] = at
        at += len(block)
    more = bytearray()
    place = start + (8 if big else 2) + entry * len(fields) + inline
    for tag in sorted(fields):
        values = fields[tag]
        code, letter, width = (4, "L", 4) if tag in (273, 279, 324, 325) or len(values) * 2 > inline else (3, "H", 2)
        packed = struct.pack(order + letter * len(values), *values)
        body += struct.pack(order + "HH" + form, tag, code, len(values))
        if len(packed) <= inline:
            body += packed.ljust(inline, b"\0")
        else:
            body += struct.pack(order + form, place + len(more))
            more += packed
    head = (b"II" if order == "<" else b"MM") + (
        struct.pack(order + "HHHQ", 43, 8, 0, 16) if big else struct.pack(order + "HL", 42, 8))
    head += struct.pack(order + ("Q" if big else "H"), len(fields)) + bytes(body) + struct.pack(order + form, 0) + bytes(more)
    while len(head) < fields[offsets_tag][0]:
        head += b"\0"
    assert len(head) == fields[offsets_tag][0], (len(head), fields[offsets_tag][0])
    return head + b"".join(blocks)


for packing in (None, "tiff_lzw", "tiff_adobe_deflate", "packbits", "jpeg"):
    case(f"TIFF RGB {packing}", saved(RGB, "TIFF", compression=packing))
case("TIFF LZW with predictor", saved(RGB, "TIFF", compression="tiff_lzw", tiffinfo={317: 2}))
wide = rng.integers(0, 256, (40, 90, 3)).astype(np.uint8)
case("TIFF LZW of long codes", saved(wide[:, :, 0], "TIFF", compression="tiff_lzw"), samples=wide[:, :, 0])
for mode in ("L", "1", "P", "CMYK"):
    case(f"TIFF {mode}", saved(Image.fromarray(RGB).convert(mode), "TIFF"))
case("TIFF RGBA", saved(RGBA, "TIFF"))
case("TIFF white is zero", tiff(GREY, photometric=0), levels=np.dstack([255 - GREY] * 3))
case("TIFF grey of 16 bits", saved(DEEP, "TIFF"), samples=DEEP)
case("TIFF grey of 16 bits, deflate with predictor", saved(DEEP, "TIFF", compression="tiff_adobe_deflate", tiffinfo={317: 2}), samples=DEEP)
case("TIFF of 32 bits", saved(DEEP.astype(np.int32) - 9000, "TIFF"), samples=DEEP.astype(np.int32) - 9000)
case("TIFF of floats", saved(DEEP.astype(np.float32) / 7, "TIFF"), samples=DEEP.astype(np.float32) / 7)
five = rng.integers(0, 4096, (H, W, 5)).astype(np.uint16)
for order in "<>":
    for tile in (None, 16, 4):
        for planar in (False, True):
            name = f"TIFF of 5 channels, {'big' if order == '>' else 'little'} endian, tile {tile}, planar {planar}"
            case(name, tiff(five, order=order, tile=tile, planar=planar, packing=8, predictor=2), samples=five)
case("BigTIFF", tiff(five, big=True, tile=4), samples=five)
case("TIFF tiled LZW RGB", tiff(RGB, tile=4, packing=5), levels=RGB)
floats = rng.normal(0, 9, (H, W, 3)).astype(np.float32)
case("TIFF of floats with predictor, tiled", tiff(floats, tile=4, packing=8, predictor=3), samples=floats)
case("TIFF of doubles, big endian", tiff(floats.astype(np.float64), order=">"), samples=floats.astype(np.float64))
case("TIFF of bytes with sign", tiff((GREY.astype(int) - 128).astype(np.int8)), samples=GREY.astype(int) - 128)
case("TIFF RGB of 16 bits", tiff(RGB.astype(np.uint16) * 257, packing=8), levels=RGB)
for orientation in range(1, 9):
    back = {1: None, 2: Image.FLIP_LEFT_RIGHT, 3: Image.ROTATE_180, 4: Image.FLIP_TOP_BOTTOM, 5: Image.TRANSPOSE,
            6: Image.ROTATE_90, 7: Image.TRANSVERSE, 8: Image.ROTATE_270}[orientation]
    stored = np.array(Image.fromarray(RGB) if back is None else Image.fromarray(RGB).transpose(back))
    case(f"TIFF orientation {orientation}", tiff(stored, orientation=orientation), levels=RGB)
    exif = Image.Exif()
    exif[0x0112] = orientation
    case(f"JPEG orientation {orientation}", saved(stored, "JPEG", quality=95, subsampling=0, exif=exif))
    case(f"PNG orientation {orientation}", saved(stored, "PNG", exif=exif))
    case(f"WebP orientation {orientation}", saved(stored, "WEBP", lossless=True, exif=exif))

# --- WebP, PNG, GIF -------------------------------------------------------------------------------

case("WebP lossy", saved(RGB, "WEBP", quality=90))
case("WebP lossless", saved(RGB, "WEBP", lossless=True))
case("WebP with alpha", saved(RGBA, "WEBP", lossless=True, exact=True))
case("PNG RGBA", saved(RGBA, "PNG"))
case("PNG grey with alpha", saved(RGBA[:, :, [0, 3]], "PNG"))
few = Image.fromarray((GREY // 32).astype(np.uint8), "P")
few.putpalette(RGB.reshape(-1).tolist()[:24])
case("PNG palette with transparency", saved(few, "PNG", transparency=bytes([255, 0, 128, 255])))
case("PNG with a transparent colour", saved(RGB, "PNG", transparency=tuple(int(v) for v in RGB[2, 3])))
case("GIF", saved(few, "GIF"))
case("GIF not interlaced", saved(few, "GIF", interlace=0))
case("GIF with transparency", saved(few, "GIF", transparency=2))
case("GIF of two frames", saved(few, "GIF", save_all=True, append_images=[Image.fromarray(255 - np.array(few), "P")]))
case("GIF of long codes", saved(wide[:, :, 0], "GIF"), levels=np.dstack([wide[:, :, 0]] * 3))


# --- BMP ------------------------------------------------------------------------------------------


def bmp(body, *, bits, compression=0, palette=None, masks=b"", header=40, height=H, width=W):
    colors = b"" if palette is None else b"".join(bytes([*c[::-1], 0]) for c in palette.tolist())
    info = struct.pack("<LllHHLLllLL", header, width, height, 1, bits, compression, len(body), 0, 0, len(colors) // 4, 0)
    info = (info + masks).ljust(header, b"\0") if header > 40 else info + masks
    offset = 14 + len(info) + len(colors)
    return b"BM" + struct.pack("<LHHL", offset + len(body), 0, 0, offset) + info + colors + body


def rows_of(lines):
    return b"".join(line.ljust(-(-len(line) // 4) * 4, b"\0") for line in lines)


for mode in ("RGB", "L", "P", "1"):
    case(f"BMP {mode}", saved(Image.fromarray(RGB).convert(mode), "BMP"))
case("BMP from the top", bmp(rows_of(row[:, ::-1].tobytes() for row in RGB), bits=24, height=-H), levels=RGB)
case("BMP with alpha", bmp(RGBA[::-1, :, [2, 1, 0, 3]].tobytes(), bits=32, compression=3, header=108,
                          masks=struct.pack("<LLLL", 0xFF0000, 0xFF00, 0xFF, 0xFF000000)),
     levels=shown(Image.fromarray(RGBA)))
case("BMP of 32 bits without alpha", bmp(RGBA[::-1, :, [2, 1, 0, 3]].tobytes(), bits=32), levels=RGB)
r, g, b = (RGB[:, :, 0] >> 3).astype(np.uint16), (RGB[:, :, 1] >> 2).astype(np.uint16), (RGB[:, :, 2] >> 3).astype(np.uint16)
packed = (r << 11 | g << 5 | b).astype("<u2")
case("BMP of 16 bits, 565", bmp(rows_of(row.tobytes() for row in packed[::-1]), bits=16, compression=3,
                               masks=struct.pack("<LLL", 0xF800, 0x7E0, 0x1F)),
     levels=np.dstack([(r * 255 / 31 + 0.5), (g * 255 / 63 + 0.5), (b * 255 / 31 + 0.5)]).astype(np.uint8))
colors = RGB.reshape(-1, 3)[:16]
nibbles = (GREY // 16).astype(np.uint8)
even = np.pad(nibbles, ((0, 0), (0, 1)))
case("BMP of 4 bits", bmp(rows_of((row[::2] << 4 | row[1::2]).tobytes() for row in even[::-1]), bits=4, palette=colors),
     levels=colors[nibbles])


def runs8(row):
    """A run, then plain values, then runs of one."""
    return bytes([2, row[0], 1, row[2], 0, 5, *row[3:8], 0]) + b"".join(bytes([1, v]) for v in row[8:])


steps = nibbles.copy()
steps[:, 1] = steps[:, 0]
case("BMP RLE8", bmp(b"\0\0".join(runs8(row) for row in steps[::-1]) + b"\0\1", bits=8, compression=1, palette=colors),
     levels=colors[steps])


def runs4(row):
    return bytes([3, row[0] << 4 | row[1], 0, 5, row[3] << 4 | row[4], row[5] << 4 | row[6], row[7] << 4, 0]) + b"".join(
        bytes([1, v << 4]) for v in row[8:])


steps[:, 2] = steps[:, 0]
case("BMP RLE4", bmp(b"\0\0".join(runs4(row) for row in steps[::-1]) + b"\0\1", bits=4, compression=2, palette=colors),
     levels=colors[steps])

OUT.write_text(json.dumps(cases, separators=(",", ":")) + "\n")
print(f"{len(cases)} pictures, {OUT.stat().st_size} bytes")
