#!/usr/bin/env python3
"""Times one training step of a network in PyTorch on the CPU, for `deno task bench --suite wasm`.

Arguments: network, width, side of the images, batch, threads. Then each line on stdin runs one
step and answers with its milliseconds, so that the caller can interleave them with its own. The memory
format (channels_last or not) is the one that was faster in a first trial.
"""

import sys
import time

import torch
import torch.nn as nn
import torch.nn.functional as F

CLASSES = 21


def channels(count, width):
    return max(4, round(count * width))


class Fcn8s(nn.Module):
    def __init__(self, width):
        super().__init__()
        self.stages = nn.ModuleList()
        previous = 3
        sizes = []
        for count, depth in [(64, 2), (128, 2), (256, 3), (512, 3), (512, 3)]:
            layers = []
            for _ in range(depth):
                size = channels(count, width)
                layers += [nn.Conv2d(previous, size, 3, padding=1), nn.ReLU(inplace=True)]
                previous = size
            layers.append(nn.MaxPool2d(2))
            sizes.append(previous)
            self.stages.append(nn.Sequential(*layers))
        hidden = channels(4096, width)
        self.top = nn.Sequential(
            nn.Conv2d(previous, hidden, 7, padding=3), nn.ReLU(inplace=True), nn.Dropout(),
            nn.Conv2d(hidden, hidden, 1), nn.ReLU(inplace=True), nn.Dropout(),
            nn.Conv2d(hidden, CLASSES, 1))
        self.score4 = nn.Conv2d(sizes[3], CLASSES, 1)
        self.score3 = nn.Conv2d(sizes[2], CLASSES, 1)
        self.up8 = nn.ConvTranspose2d(CLASSES, CLASSES, 16, 8, padding=4, bias=False)

    def forward(self, x):
        maps = []
        for stage in self.stages:
            x = stage(x)
            maps.append(x)
        x = double(self.top(x)) + self.score4(0.01 * maps[3])
        x = double(x) + self.score3(0.0001 * maps[2])
        return self.up8(x)


def double(x):
    return F.interpolate(x, scale_factor=2, mode="bilinear", align_corners=False)


class Block(nn.Module):
    def __init__(self, inner, previous, stride, project):
        super().__init__()
        outer = 4 * inner
        self.body = nn.Sequential(
            nn.Conv2d(previous, inner, 1, stride), nn.BatchNorm2d(inner), nn.ReLU(inplace=True),
            nn.Conv2d(inner, inner, 3, padding=1), nn.BatchNorm2d(inner), nn.ReLU(inplace=True),
            nn.Conv2d(inner, outer, 1), nn.BatchNorm2d(outer))
        self.side = None
        if project:
            self.side = nn.Sequential(nn.Conv2d(previous, outer, 1, stride), nn.BatchNorm2d(outer))

    def forward(self, x):
        return F.relu(self.body(x) + (x if self.side is None else self.side(x)), inplace=True)


class Resnet50(nn.Module):
    def __init__(self, width):
        super().__init__()
        previous = channels(64, width)
        layers = [nn.Conv2d(3, previous, 7, 2, padding=3), nn.BatchNorm2d(previous),
                  nn.ReLU(inplace=True), nn.MaxPool2d(3, 2, 1)]
        for stage, (count, depth) in enumerate([(64, 3), (128, 4), (256, 6), (512, 3)]):
            inner = channels(count, width)
            for index in range(depth):
                stride = 2 if stage > 0 and index == 0 else 1
                layers.append(Block(inner, previous, stride, index == 0))
                previous = 4 * inner
        self.body = nn.Sequential(*layers, nn.Conv2d(previous, CLASSES, 1))

    def forward(self, x):
        return self.body(x)


class Discriminator(nn.Module):
    def __init__(self, width):
        super().__init__()
        layers = []
        previous = CLASSES
        for index, count in enumerate([64, 128, 256, 512]):
            size = channels(count, width)
            layers.append(nn.Conv2d(previous, size, 4, 2, padding=1))
            if index > 0:
                layers.append(nn.BatchNorm2d(size))
            layers.append(nn.LeakyReLU(0.2, inplace=True))
            previous = size
        self.body = nn.Sequential(*layers, nn.Conv2d(previous, 1, 4, 2, padding=1))

    def forward(self, x):
        y = F.interpolate(self.body(x), size=x.shape[2:], mode="bilinear", align_corners=False)
        return torch.sigmoid(y)


def make_step(network, width, side, batch, memory_format):
    if network == "discriminator":
        model = Discriminator(width).to(memory_format=memory_format)
        optimizer = torch.optim.Adam(model.parameters(), 1e-5, betas=(0.5, 0.999))
        shape = (batch, CLASSES, side, side)
        real, fake = [torch.rand(shape).contiguous(memory_format=memory_format) for _ in range(2)]

        def loss():
            return (0.5 * ((model(real) - 1) ** 2).mean() + 0.5 * (model(fake) ** 2).mean())
    else:
        if network in ("fcn8s-vgg16", "resnet50"):
            model = (Fcn8s if network == "fcn8s-vgg16" else Resnet50)(width)
        else:
            from pytorch_networks import BUILDERS  # needs torchvision, which the others do not

            model = BUILDERS[network](CLASSES)
        model = model.to(memory_format=memory_format)
        optimizer = torch.optim.SGD(model.parameters(), 1e-3, momentum=0.9, weight_decay=1e-4)
        images = torch.randn(batch, 3, side, side).contiguous(memory_format=memory_format)
        labels = torch.randint(0, CLASSES, (batch, side, side))

        def loss():
            z = model(images)
            if network != "resnet50":
                if z.shape[2] < side:
                    z = F.interpolate(z, size=(side, side), mode="bilinear", align_corners=False)
                return F.cross_entropy(z, labels)
            p = F.interpolate(F.softmax(z, 1), size=(side, side), mode="bilinear",
                              align_corners=False)
            return F.nll_loss(torch.log(p + 1e-7), labels)

    def step():
        start = time.perf_counter()
        optimizer.zero_grad(set_to_none=True)
        loss().backward()
        optimizer.step()
        return (time.perf_counter() - start) * 1000

    return step


def main():
    network, width, side, batch, threads = sys.argv[1:]
    torch.set_num_threads(int(threads))
    steps = [make_step(network, float(width), int(side), int(batch), memory_format)
             for memory_format in (torch.contiguous_format, torch.channels_last)]
    best = min(steps, key=lambda step: min(step() for _ in range(3)))
    for _ in sys.stdin:
        print(best(), flush=True)


if __name__ == "__main__":
    main()
