#!/usr/bin/env python3
"""Times an epoch of PyTorch's DataLoader with Pillow and torchvision, for `bench --suite data`.

Arguments: pipeline, workers, batch, height, width. The first line on stdin is a JSON list of
[image, label] paths, in the order of an epoch. Then each line runs one epoch and answers with its
milliseconds, so that the caller can interleave them with its own.

Pipelines, both with zoom in [0.5, 2], rotation within 10 degrees and a flip, to bytes:
  torchvision  resize, rotate, flip, pad and crop, one after another, as they are usually written
  warp         all of it in one affine warp of Pillow, as this project does it
"""

import json
import math
import random
import sys
import time

import torch
import torchvision.transforms.functional as F
from PIL import Image
from torch.utils.data import DataLoader, Dataset

FILL = (124, 117, 104)
NEAREST = F.InterpolationMode.NEAREST
BILINEAR = F.InterpolationMode.BILINEAR


def draw():
    zoom = math.exp(random.uniform(math.log(0.5), math.log(2)))
    return zoom, random.uniform(-10, 10), random.random() < 0.5


def place(room):
    return random.randint(0, room) if room >= 0 else -random.randint(0, -room)


def torchvision_pipeline(image, label, size):
    zoom, angle, flip = draw()
    width, height = image.size
    frame = [max(1, round(height * zoom)), max(1, round(width * zoom))]
    image = F.rotate(F.resize(image, frame, BILINEAR), angle, BILINEAR, fill=FILL)
    label = F.rotate(F.resize(label, frame, NEAREST), angle, NEAREST, fill=255)
    if flip:
        image, label = F.hflip(image), F.hflip(label)
    top, left = place(frame[0] - size[0]), place(frame[1] - size[1])
    pad = [max(0, -left), max(0, -top)]
    pad += [max(0, size[1] - frame[1] + min(0, left)), max(0, size[0] - frame[0] + min(0, top))]
    if any(pad):
        image, label = F.pad(image, pad, fill=FILL), F.pad(label, pad, fill=255)
    box = max(0, top), max(0, left), size[0], size[1]
    return F.crop(image, *box), F.crop(label, *box)


def warp_pipeline(image, label, size):
    zoom, angle, flip = draw()
    width, height = image.size
    frame = max(1, round(height * zoom)), max(1, round(width * zoom))
    top, left = place(frame[0] - size[0]), place(frame[1] - size[1])
    cos, sin = math.cos(math.radians(angle)), math.sin(math.radians(angle))
    sx, sy, mirror = width / frame[1], height / frame[0], -1 if flip else 1
    dx, dy = mirror * (left - frame[1] / 2), top - frame[0] / 2
    matrix = (sx * cos * mirror, sx * sin, sx * (frame[1] / 2 + cos * dx + sin * dy),
              -sy * sin * mirror, sy * cos, sy * (frame[0] / 2 - sin * dx + cos * dy))
    target = size[1], size[0]
    return (image.transform(target, Image.AFFINE, matrix, Image.BILINEAR, fillcolor=FILL),
            label.transform(target, Image.AFFINE, matrix, Image.NEAREST, fillcolor=255))


PIPELINES = {"torchvision": torchvision_pipeline, "warp": warp_pipeline}


class Pairs(Dataset):
    def __init__(self, pairs, size, pipeline):
        self.pairs, self.size, self.pipeline = pairs, size, pipeline

    def __len__(self):
        return len(self.pairs)

    def __getitem__(self, index):
        image, label = self.pairs[index]
        image, label = Image.open(image).convert("RGB"), Image.open(label)
        image, label = self.pipeline(image, label, self.size)
        return F.pil_to_tensor(image), F.pil_to_tensor(label)


def main():
    pipeline = PIPELINES[sys.argv[1]]
    workers, batch, height, width = map(int, sys.argv[2:6])
    pairs = json.loads(sys.stdin.readline())
    loader = DataLoader(Pairs(pairs, (height, width), pipeline), batch_size=batch, shuffle=True,
                        num_workers=workers, drop_last=True, persistent_workers=True)
    for _ in sys.stdin:
        start = time.perf_counter()
        for _ in loader:
            pass
        print((time.perf_counter() - start) * 1000, flush=True)


if __name__ == "__main__":
    torch.set_num_threads(1)
    main()
