#!/usr/bin/env python3
"""Times training steps in PyTorch on a CUDA device, for `deno task bench --suite webgpu`.

Arguments: network, mode (supervised or adversarial), precision (f32 or mixed), side, batch, steps.
Prints the milliseconds of each step after two that do not count. In f32 nothing is rounded to TF32.
"""

import os
import sys
import time

import torch
import torch.nn.functional as F

sys.path.insert(0, os.path.dirname(os.path.abspath(__file__)))
from pytorch_step import CLASSES, Discriminator, Fcn8s, Resnet50  # noqa: E402

DEVICE = "cuda" if torch.cuda.is_available() else "cpu"
# Half floats on the processor are there only so that this file can be tried without a GPU.
HALF = torch.float16 if DEVICE == "cuda" else torch.bfloat16
TG, TD, ALPHA = 0.5, 1.0, 0.05


def probabilities(logits, temperature, side):
    p = F.softmax(logits / temperature, 1)
    if logits.shape[2] == side:
        return p
    return F.interpolate(p, size=(side, side), mode="bilinear", align_corners=False)


def segmentation_loss(logits, labels, temperature):
    side = labels.shape[1]
    if logits.shape[2] == side:
        return F.cross_entropy(logits / temperature, labels)
    return F.nll_loss(torch.log(probabilities(logits, temperature, side) + 1e-7), labels)


def make_step(network, mode, precision, side, batch):
    g = (Fcn8s if network == "fcn8s-vgg16" else Resnet50)(1).to(DEVICE)
    g_optimizer = torch.optim.SGD(g.parameters(), 1e-3, momentum=0.9, weight_decay=1e-4)
    d = Discriminator(1).to(DEVICE) if mode != "supervised" else None
    d_optimizer = d and torch.optim.Adam(d.parameters(), 1e-5, betas=(0.5, 0.999))
    images = torch.randn(batch, 3, side, side, device=DEVICE)
    labels = torch.randint(0, CLASSES, (batch, side, side), device=DEVICE)
    if precision == "mixed":
        g = g.to(memory_format=torch.channels_last)
        images = images.contiguous(memory_format=torch.channels_last)
    scaler = torch.cuda.amp.GradScaler(enabled=precision == "mixed")

    def step():
        with torch.autocast(DEVICE, HALF, enabled=precision == "mixed"):
            logits = g(images)
        logits = logits.float()
        total = segmentation_loss(logits, labels, TG if d else 1.0)
        if d:
            d.requires_grad_(False)
            score = d(probabilities(logits, TG, side))
            total = total + ALPHA * 0.5 * ((score - 1) ** 2).mean()
            d.requires_grad_(True)
            real = F.one_hot(labels, CLASSES).permute(0, 3, 1, 2).float()
            fake = probabilities(logits.detach(), TD, side)
            loss = 0.5 * ((d(real) - 1) ** 2).mean() + 0.5 * (d(fake) ** 2).mean()
            d_optimizer.zero_grad(set_to_none=True)
            d_gradients = torch.autograd.grad(loss, list(d.parameters()))
        g_optimizer.zero_grad(set_to_none=True)
        scaler.scale(total).backward()
        if d:
            for parameter, gradient in zip(d.parameters(), d_gradients):
                parameter.grad = gradient
            d_optimizer.step()
        scaler.step(g_optimizer)
        scaler.update()

    return step


def synchronize():
    if DEVICE == "cuda":
        torch.cuda.synchronize()


def main():
    network, mode, precision, side, batch, steps = sys.argv[1:]
    torch.backends.cuda.matmul.allow_tf32 = False
    torch.backends.cudnn.allow_tf32 = False
    torch.backends.cudnn.benchmark = True
    step = make_step(network, mode, precision, int(side), int(batch))
    for index in range(int(steps) + 2):
        synchronize()
        start = time.perf_counter()
        step()
        synchronize()
        if index >= 2:
            print((time.perf_counter() - start) * 1000, flush=True)


if __name__ == "__main__":
    main()
