#!/usr/bin/env python3
"""Reference masks for tests/data/annotations, as pycocotools, Pillow and labelme fill polygons.

pycocotools' method (maskApi.c, rleFrPoly) is written here again from its description: corners on a
grid five times as fine, dense points along the outline, crossings of each column's middle, run
lengths down columns. Needs Debian's python3-numpy and python3-pil. Run from the root:

    /usr/bin/python3 tasks/make_annotation_goldens.py
"""

import json
import math
from pathlib import Path

import numpy as np
from PIL import Image, ImageDraw

OUT = Path(__file__).resolve().parent.parent / "fixtures" / "goldens" / "annotations.json"


def coco_counts(polygon, height, width):
    """Run lengths of a polygon, as `rleFrPoly` gives them."""
    scale = 5.0
    xs = [int(scale * x + 0.5) for x in polygon[0::2]]
    ys = [int(scale * y + 0.5) for y in polygon[1::2]]
    us, vs = [], []
    for j in range(len(xs)):
        x1, y1 = xs[j], ys[j]
        x2, y2 = xs[(j + 1) % len(xs)], ys[(j + 1) % len(ys)]
        dx, dy = abs(x2 - x1), abs(y2 - y1)
        flip = (dx >= dy and x1 > x2) or (dx < dy and y1 > y2)
        if flip:
            x1, y1, x2, y2 = x2, y2, x1, y1
        steps = max(dx, dy)
        slope = ((y2 - y1) / dx if dx >= dy else (x2 - x1) / dy) if steps else 0.0
        for d in range(steps + 1):
            t = steps - d if flip else d
            if dx >= dy:
                us.append(x1 + t)
                vs.append(int(y1 + slope * t + 0.5))
            else:
                vs.append(y1 + t)
                us.append(int(x1 + slope * t + 0.5))
    crossings = []
    for j in range(1, len(us)):
        if us[j] == us[j - 1]:
            continue
        x = ((us[j] if us[j] < us[j - 1] else us[j] - 1) + 0.5) / scale - 0.5
        if math.floor(x) != x or x < 0 or x > width - 1:
            continue
        y = (min(vs[j], vs[j - 1]) + 0.5) / scale - 0.5
        crossings.append(int(x) * height + math.ceil(min(max(y, 0), height)))
    mask = np.zeros(width * height + 1, np.int64)
    for at in crossings:
        mask[at] ^= 1
    return runs(np.bitwise_xor.accumulate(mask[:-1]))


def runs(flat):
    """Lengths of alternating runs of 0 and 1, the first of 0."""
    changes = np.flatnonzero(np.diff(np.concatenate([[0], flat])))
    edges = np.concatenate([[0], changes, [len(flat)]])
    return np.diff(edges).tolist()


def compressed(counts):
    """COCO's string of run lengths, as `rleToString` gives it."""
    text = ""
    for i, count in enumerate(counts):
        value = count - (counts[i - 2] if i > 2 else 0)
        more = True
        while more:
            group = value & 31
            value >>= 5
            more = value != -1 if group & 16 else value != 0
            text += chr((group | (32 if more else 0)) + 48)
    return text


def pillow_counts(polygon, height, width):
    """Run lengths of what Pillow, and with it labelme, draws."""
    mask = Image.new("L", (width, height))
    points = list(zip(polygon[0::2], polygon[1::2]))
    ImageDraw.Draw(mask).polygon(points, outline=1, fill=1)
    return runs(np.array(mask).T.reshape(-1).astype(np.int64))


def polygons():
    """Outlines of many kinds: boxes, thin and crossing ones, stars, some that leave the picture."""
    random = np.random.default_rng(7)
    yield [3, 2, 20, 2, 20, 12, 3, 12]
    yield [2.5, 2.5, 9.5, 2.5, 9.5, 9.5, 2.5, 9.5]
    yield [1, 1, 30, 2, 1, 3]
    yield [4, 4, 28, 20, 28, 4, 4, 20]
    yield [-5, -5, 40, 10, 10, 40]
    yield [10, 10, 20, 10, 20, 20, 10, 20, 10, 10, 13, 13, 13, 17, 17, 17, 17, 13, 13, 13]
    for _ in range(14):
        count = int(random.integers(3, 24))
        angles = np.sort(random.uniform(0, 2 * math.pi, count))
        radii = random.uniform(3, 14, count)
        x = 16 + radii * np.cos(angles)
        y = 12 + radii * np.sin(angles)
        yield [round(float(v), 2) for pair in zip(x, y) for v in pair]


def main():
    height, width = 24, 32
    cases = []
    for polygon in polygons():
        counts = coco_counts(polygon, height, width)
        cases.append({
            "polygon": polygon,
            "coco": counts,
            "compressed": compressed(counts),
            "pillow": pillow_counts(polygon, height, width),
        })
    content = {"width": width, "height": height, "cases": cases}
    lines = ",\n".join(json.dumps(case) for case in cases)
    head = json.dumps({key: content[key] for key in ("width", "height")})[:-1]
    OUT.write_text(f'{head}, "cases": [\n{lines}\n]}}\n')


if __name__ == "__main__":
    main()
