"""One small data set in many layouts, mask encodings and picture formats, written by Pillow and NumPy.

Standard input has the folder to write into as JSON, of which each folder NAME becomes a data set;
standard output has JSON: for each NAME the one that it must equal.
"""
import json
import os
import sys

import numpy as np
from PIL import Image

BASE = json.load(sys.stdin)
SIDE = 32
NAMES = ["background", "car", "road"]
COLORS = np.array([[0, 0, 0], [220, 40, 40], [40, 200, 40]], np.uint8)
COLORED = {"classes": [{"name": n, "color": c.tolist()} for n, c in zip(NAMES, COLORS)]}
ROWS = {}


def sample(i):
    """Dark noise with a block of each class, unlike itself when turned."""
    rng = np.random.default_rng(i)
    image = rng.integers(0, 60, (SIDE, SIDE, 3))
    label = np.zeros((SIDE, SIDE), np.uint8)
    label[2 : 16, 3 + i : 17 + i] = 1
    label[19 : 25, 8 : 14 + i] = 2
    for value, color in ((1, (200, 60, 50)), (2, (50, 180, 60))):
        image[label == value] = color + rng.integers(0, 20, ((label == value).sum(), 3))
    return image.astype(np.uint8), label


SAMPLES = [("train" if i < 4 else "val", f"p{i}", *sample(i)) for i in range(6)]


def save(path, image, **options):
    path = os.path.join(BASE, path)
    os.makedirs(os.path.dirname(path), exist_ok=True)
    if isinstance(image, np.ndarray):
        image = Image.fromarray(image)
    image.save(path, **options)


def text(path, content):
    path = os.path.join(BASE, path)
    os.makedirs(os.path.dirname(path), exist_ok=True)
    with open(path, "w") as file:
        file.write(content if isinstance(content, str) else json.dumps(content))


def png(path, array):
    save(path + ".png", array)


def row(name, *, like="index", two=False, image=png, mask=png, place=None, files=None, hints=None):
    """A data set; `image` and `mask` write a file of an array to a path without extension."""
    ROWS[name] = {"like": like, "hints": hints or {}}
    place = place or (lambda split, stem: (f"{split}/images/{stem}", f"{split}/labels/{stem}"))
    for part, stem, pixels, label in SAMPLES:
        to = place(part, stem)
        image(f"{name}/{to[0]}", pixels)
        mask(f"{name}/{to[1]}", np.minimum(label, 1) if two else label)
    names = NAMES[:2] if two else NAMES
    for path, content in (files or {"classes.json": {"classes": names}}).items():
        text(f"{name}/{path}", content)


def palette(label, colors=COLORS):
    image = Image.fromarray(label, "P")
    image.putpalette(colors.reshape(-1).tolist())
    return image


def as_file(extension, convert=lambda array: array, **options):
    return lambda path, array: save(f"{path}.{extension}", convert(array), **options)


row("index")
row("index of two", like="index of two", two=True)

# --- layouts
for images, labels in (
    ("imgs", "masks"), ("img_dir", "ann_dir"), ("image", "gt"), ("JPEGImages", "SegmentationClass"),
    ("images", "annotations"),
):
    row(f"{images} and {labels} below splits",
        place=lambda s, n, a=images, b=labels: (f"{s}/{a}/{n}", f"{s}/{b}/{n}"))
    row(f"splits below {images} and {labels}",
        place=lambda s, n, a=images, b=labels: (f"{a}/{s}/{n}", f"{b}/{s}/{n}"))
for other, val in (("training", "validation"), ("train", "valid"), ("Train", "Val")):
    called = {"train": other, "val": val}
    row(f"{other} and {val}", place=lambda s, n, c=called: (f"{c[s]}/images/{n}", f"{c[s]}/masks/{n}"))
row("train_images and train_labels", place=lambda s, n: (f"{s}_images/{n}", f"{s}_labels/{n}"))
row("train and trainannot", place=lambda s, n: (f"{s}/{n}", f"{s}annot/{n}"))
row("masks beside their images", place=lambda s, n: (f"{s}/{n}", f"{s}/{n}_mask"))
row("masks within folders of images", place=lambda s, n: (f"{s}/{n}", f"{s}/masks/{n}"))
row("endings", place=lambda s, n: (f"{s}/images/{n}_rgb", f"{s}/labels/{n}_seg"))
flat = lambda s, n: (f"images/{n}", f"labels/{n}")
lists = {s: [n for part, n, *_ in SAMPLES if part == s] for s in ("train", "val")}
for what, line in (
    ("names", lambda n: n), ("names of files", lambda n: f"{n}.png"),
    ("absolute paths", lambda n: f"/data/set/images/{n}.png /data/set/labels/{n}.png"),
    ("relative paths", lambda n: f"images/{n}.png,labels/{n}.png"),
    ("paths of Windows", lambda n: f"C:\\set\\images\\{n}.png\tC:\\set\\labels\\{n}.png\r"),
):
    files = {f"{s}.txt": "".join(f"{line(n)}\n" for n in lists[s]) for s in lists}
    row(f"lists of {what}", place=flat, files={"classes.json": {"classes": NAMES}, **files})

# --- encodings of masks
row("mask palette", mask=as_file("png", palette))
row("mask palette of 2 bits", mask=as_file("png", palette, bits=2))
row("mask palette of 4 bits", mask=as_file("png", palette, bits=4))
row("mask of 16 bits", mask=as_file("png", lambda a: a.astype(np.uint16)))
row("mask of three equal channels", mask=as_file("png", lambda a: np.stack([a] * 3, 2)))
row("mask of 1 bit", like="index of two", two=True, mask=as_file("png", lambda a: Image.fromarray(a * 255).convert("1")))
row("mask of 0 and 255", like="index of two", two=True, mask=as_file("png", lambda a: a * 255))
row("mask of 0 and 255 in RGB", like="index of two", two=True, mask=as_file("png", lambda a: np.stack([a * 255] * 3, 2)))
row("mask of 0 and 255 as JPEG", like="index of two", two=True, mask=as_file("jpg", lambda a: a * 255, quality=95))
row("mask in alpha", like="index of two", two=True,
    mask=as_file("png", lambda a: Image.merge("LA", [Image.fromarray(a * 0), Image.fromarray(a * 255)])))
row("mask in alpha of RGBA", like="index of two", two=True,
    mask=as_file("png", lambda a: np.dstack([a * 0 + 255] * 3 + [a * 255])))
for extension, options in (("bmp", {}), ("tif", {}), ("tif", {"compression": "tiff_lzw"}),
                           ("tif", {"compression": "tiff_adobe_deflate"}), ("gif", {})):
    row(f"mask as {extension} {' '.join(options.values())}".strip(), mask=as_file(extension, palette, **options))
row("mask as webp", mask=as_file("webp", lambda a: COLORS[a], lossless=True, exact=True), files={"classes.json": COLORED})
row("mask of colours by classes.json", mask=as_file("png", lambda a: COLORS[a]), files={"classes.json": COLORED})
row("mask of colours with alpha", mask=as_file("png", lambda a: np.dstack([COLORS[a], a * 0 + 255])), files={"classes.json": COLORED})
row("mask of colours as bmp", mask=as_file("bmp", lambda a: COLORS[a]), files={"classes.json": COLORED})
row("mask of colours as JPEG", mask=as_file("jpg", lambda a: COLORS[a], quality=95, subsampling=0), files={"classes.json": COLORED})
row("mask of colours, adaptive palette", files={"classes.json": COLORED}, hints={"encoding": "color"},
    mask=as_file("png", lambda a: Image.fromarray(COLORS[a]).convert("P", palette=Image.Palette.ADAPTIVE, colors=8)))
row("mask of colours, optimised palette", files={"classes.json": COLORED}, hints={"encoding": "color"},
    mask=as_file("png", lambda a: Image.fromarray(COLORS[a]).quantize(4), optimize=True))
rgb = [",".join(map(str, c)) for c in COLORS]
for name, content in (
    ("class_dict.csv", "name,r,g,b\n" + "".join(f"{n},{c}\n" for n, c in zip(NAMES, rgb))),
    ("labelmap.txt", "# label:color_rgb:parts:actions\n" + "".join(f"{n}:{c}::\n" for n, c in zip(NAMES, rgb))),
    ("label_colors.txt", "".join(f"{c.replace(',', ' ')}\t{n}\n" for n, c in zip(NAMES, rgb))),
):
    row(f"mask of colours by {name}", mask=as_file("png", lambda a: COLORS[a]), files={name: content})
row("Roboflow", place=lambda s, n: (f"{s.replace('val', 'valid')}/{n}", f"{s.replace('val', 'valid')}/{n}_mask"), files={
    f"{s}/_classes.csv": "Pixel Value, Class\n" + "".join(f"{i}, {n}\n" for i, n in enumerate(NAMES)) for s in ("train", "valid")})
row("mask with a label map", mask=as_file("png", lambda a: np.array([7, 26, 4], np.uint8)[a]), files={
    "classes.json": {"classes": NAMES, "labelMap": {"7": "background", "26": "car", "4": "road"}}})
row("mask with ids", mask=as_file("png", lambda a: np.array([0, 7, 26], np.uint8)[a]), files={
    "classes.json": {"classes": [{"id": i, "name": n} for i, n in zip((0, 7, 26), NAMES)]}})
row("mask that counts from 1", mask=as_file("png", lambda a: a + 1), files={
    "classes.json": {"classes": NAMES, "reduceZero": True}})
row("mask of colours in VOC's folders", mask=as_file("png", lambda a: COLORS[a]),
    place=lambda s, n: (f"VOCdevkit/VOC2012/JPEGImages/{n}", f"VOCdevkit/VOC2012/SegmentationClass/{n}"),
    files={"classes.json": COLORED, **{
        f"VOCdevkit/VOC2012/ImageSets/Segmentation/{s}.txt": "".join(f"{n}\n" for n in lists[s]) for s in lists}})

# --- pictures
for extension, options in (
    ("bmp", {}), ("tif", {}), ("tif", {"compression": "tiff_lzw"}), ("tif", {"compression": "tiff_adobe_deflate"}),
    ("tif", {"compression": "packbits"}), ("webp", {"lossless": True, "exact": True}), ("png", {"compress_level": 0}),
):
    row(f"picture as {extension} {' '.join(map(str, options.values()))}".strip(), image=as_file(extension, **options))
kinds = {"0": "png", "1": "bmp", "2": "tif", "3": "webp", "4": "bmp", "5": "tif"}


def mixed(path, array):
    extension = kinds[path[-1]]
    save(f"{path}.{extension}", array, **({"lossless": True} if extension == "webp" else {}))


row("pictures of several formats", image=mixed)
row("masks of several formats", mask=lambda p, a: save(f"{p}.{kinds[p[-1]].replace('webp', 'png')}", a))
row("pictures and masks of several formats, beside each other", image=mixed,
    place=lambda s, n: (f"{s}/{n}", f"{s}/mask_{n}"))
row("picture as webp named jpg", image=as_file("jpg", format="WEBP", lossless=True))
row("picture with opaque alpha", image=as_file("png", lambda a: np.dstack([a, a[..., 0] * 0 + 255])))
row("picture JPEG", like="picture JPEG", image=as_file("jpg", quality=95))
row("picture JPEG in .JPEG", like="picture JPEG", image=as_file("JPEG", quality=95))

grey = lambda a: np.stack([a[..., 0]] * 3, 2)
row("grey", like="grey", image=as_file("png", grey))
row("picture of one channel", like="grey", image=as_file("png", lambda a: a[..., 0]))
row("picture of one channel as bmp", like="grey", image=as_file("bmp", lambda a: a[..., 0]))
row("picture of one channel as gif", like="grey", image=as_file("gif", lambda a: a[..., 0]))
row("picture of grey with alpha", like="grey", image=as_file("png", lambda a: Image.fromarray(a[..., 0]).convert("LA")))


def corner(array, most):
    """The highest value must occur for the range to be that of the bits."""
    array = array.copy()
    array[0, 0] = most
    return array


row("grey with white", like="grey with white", image=as_file("png", lambda a: corner(grey(a), 255)))
for bits in (10, 12, 14, 16):
    deep = lambda a, b=bits: np.rint(corner(a[..., 0], 255) * ((2**b - 1) / 255)).astype(np.uint16)
    row(f"picture of {bits} bits", like="grey with white", image=as_file("png", deep))
    row(f"picture of {bits} bits as tif", like="grey with white", image=as_file("tif", deep))
row("picture of 16 bits with 8 bits of content", like="grey with white",
    image=as_file("png", lambda a: corner(a[..., 0], 255).astype(np.uint16)))
row("picture of floats", like="grey with white", image=as_file("tif", lambda a: (corner(a[..., 0], 255) / 255).astype(np.float32)))
clear = lambda a: np.where(a[..., :1] < 40, a, np.uint8(255))
row("over white", like="over white", image=as_file("png", clear))
row("picture with transparent parts", like="over white",
    image=as_file("png", lambda a: np.dstack([a, np.where(a[..., 0] < 40, 255, 0).astype(np.uint8)])))

# --- EXIF: masks drawn upright, and over the stored picture
TURNS = {2: Image.Transpose.FLIP_LEFT_RIGHT, 3: Image.Transpose.ROTATE_180, 4: Image.Transpose.FLIP_TOP_BOTTOM,
         5: Image.Transpose.TRANSPOSE, 6: Image.Transpose.ROTATE_90, 7: Image.Transpose.TRANSVERSE,
         8: Image.Transpose.ROTATE_270}


def with_exif(path, array, orientation, upright):
    """A PNG that says it must be turned; stored turned back, where the mask is drawn upright."""
    image = Image.fromarray(array)
    exif = Image.Exif()
    exif[274] = orientation
    save(path + ".png", image.transpose(TURNS[orientation]) if upright else image, exif=exif)


for orientation in TURNS:
    row(f"EXIF {orientation}, mask upright", image=lambda p, a, o=orientation: with_exif(p, a, o, True))
    row(f"EXIF {orientation}, mask as stored", image=lambda p, a, o=orientation: with_exif(p, a, o, False))
row("EXIF 6 of some", image=lambda p, a: with_exif(p, a, 6, True) if p.endswith(("1", "4")) else png(p, a))

json.dump(ROWS, sys.stdout)
