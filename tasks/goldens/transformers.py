#!/usr/bin/env python3
"""Reference values for tests/goldens/transformers_test.ts: transformers' SegFormer and Tramac's Fast-SCNN with
few channels, in double precision.

Both are written here from their sources, with their names of weights, which come from these names
(`values`): the test writes the same state dictionary, opens it as a user would and compares logits, and the
weights after one training step, of SegFormer also after one step of Algorithm 1. Needs Debian's
python3-torch. Run from the root of the repository:

    /usr/bin/python3 tasks/goldens/transformers.py
"""

import json
import math
import sys
from pathlib import Path

import numpy as np
import torch
import torch.nn.functional as F
from torch import nn

sys.path.insert(0, str(Path(__file__).resolve().parent.parent))
from make_goldens import OUT, Run, batch, encode, uniform  # noqa: E402

LR = 0.05
# Of channels in turn, where batch norms are to be smooth: one in eight is always 0, one always 6
CENTERS = [2.5, 2.5, 2.5, -2.5, 2.5, 8.5, 2.5, 2.5]


def scaled(n, width):
    return max(4, int(n * width + 0.5))


# ---------------------------------------------------------------- SegFormer (transformers)


class Attention(nn.Module):
    """`self` and `output.dense` of a block; the map is passed as [b, c, h, w]."""

    def __init__(self, c, heads, reduction):
        super().__init__()
        own = nn.Module()
        own.query, own.key, own.value = nn.Linear(c, c), nn.Linear(c, c), nn.Linear(c, c)
        if reduction > 1:
            own.sr, own.layer_norm = nn.Conv2d(c, c, reduction, reduction), nn.LayerNorm(c)
        self.add_module("self", own)
        self.output = nn.Module()
        self.output.dense = nn.Linear(c, c)
        self.heads, self.reduction = heads, reduction

    def forward(self, x, h, w):
        own, heads = self._modules["self"], self.heads
        b, n, c = x.shape
        kv = x
        if self.reduction > 1:
            kv = own.sr(x.transpose(1, 2).reshape(b, c, h, w)).flatten(2).transpose(1, 2)
            kv = own.layer_norm(kv)

        def split(t):
            return t.reshape(b, -1, heads, c // heads).transpose(1, 2)

        q, k, v = split(own.query(x)), split(own.key(kv)), split(own.value(kv))
        p = torch.softmax(q @ k.transpose(-1, -2) / math.sqrt(c // heads), -1)
        return self.output.dense((p @ v).transpose(1, 2).reshape(b, n, c))


class Block(nn.Module):
    def __init__(self, c, heads, reduction):
        super().__init__()
        self.layer_norm_1, self.layer_norm_2 = nn.LayerNorm(c), nn.LayerNorm(c)
        self.attention = Attention(c, heads, reduction)
        self.mlp = nn.Module()
        self.mlp.dense1, self.mlp.dense2 = nn.Linear(c, 4 * c), nn.Linear(4 * c, c)
        self.mlp.dwconv = nn.Module()
        self.mlp.dwconv.dwconv = nn.Conv2d(4 * c, 4 * c, 3, padding=1, groups=4 * c)

    def forward(self, x, h, w):
        x = x + self.attention(self.layer_norm_1(x), h, w)
        y = self.mlp.dense1(self.layer_norm_2(x))
        y = self.mlp.dwconv.dwconv(y.transpose(1, 2).reshape(len(y), -1, h, w))
        y = F.gelu(y.flatten(2).transpose(1, 2))
        return x + self.mlp.dense2(y)


class Segformer(nn.Module):
    """`segformer.encoder` and `decode_head` as in transformers.SegformerForSemanticSegmentation."""

    def __init__(self, width, classes, channels=(32, 64, 160, 256)):
        super().__init__()
        heads, kernels, strides, reductions = (1, 2, 5, 8), (7, 3, 3, 3), (4, 2, 2, 2), (8, 4, 2, 1)
        channels = [n * scaled(c // n, width) for c, n in zip(channels, heads)]
        encoder = nn.Module()
        encoder.patch_embeddings, encoder.block = nn.ModuleList(), nn.ModuleList()
        encoder.layer_norm = nn.ModuleList(nn.LayerNorm(c) for c in channels)
        before = 3
        for c, n, k, s, r in zip(channels, heads, kernels, strides, reductions):
            patch = nn.Module()
            patch.proj, patch.layer_norm = nn.Conv2d(before, c, k, s, k // 2), nn.LayerNorm(c)
            encoder.patch_embeddings.append(patch)
            encoder.block.append(nn.ModuleList(Block(c, n, r) for _ in range(2)))
            before = c
        self.segformer = nn.Module()
        self.segformer.encoder = encoder
        hidden = scaled(256, width)
        head = self.decode_head = nn.Module()
        head.linear_c = nn.ModuleList()
        for c in channels:
            part = nn.Module()
            part.proj = nn.Linear(c, hidden)
            head.linear_c.append(part)
        head.linear_fuse = nn.Conv2d(4 * hidden, hidden, 1, bias=False)
        head.batch_norm = nn.BatchNorm2d(hidden)
        head.classifier = nn.Conv2d(hidden, classes, 1)

    def forward(self, x):
        encoder, head, maps = self.segformer.encoder, self.decode_head, []
        for patch, blocks, norm in zip(encoder.patch_embeddings, encoder.block, encoder.layer_norm):
            x = patch.proj(x)
            b, c, h, w = x.shape
            x = patch.layer_norm(x.flatten(2).transpose(1, 2))
            for block in blocks:
                x = block(x, h, w)
            x = norm(x).transpose(1, 2).reshape(b, c, h, w)
            maps.append(x)
        size, parts = maps[0].shape[2:], []
        for part, x in zip(head.linear_c, maps):
            b, c, h, w = x.shape
            y = part.proj(x.flatten(2).transpose(1, 2)).transpose(1, 2).reshape(b, -1, h, w)
            parts.append(F.interpolate(y, size=size, mode="bilinear", align_corners=False))
        y = head.linear_fuse(torch.cat(parts[::-1], 1))
        return head.classifier(F.relu(head.batch_norm(y)))


# ---------------------------------------------------------------- Fast-SCNN (Tramac/Fast-SCNN-pytorch)


def conv_norm(c, n, kernel=1, stride=1, padding=0, groups=1):
    conv = nn.Conv2d(c, n, kernel, stride, padding, groups=groups, bias=False)
    return [conv, nn.BatchNorm2d(n), nn.ReLU()]


class Conv(nn.Module):
    """`conv` of one or two convolutions, each with batch norm and ReLU."""

    def __init__(self, *layers):
        super().__init__()
        self.conv = nn.Sequential(*layers)

    def forward(self, x):
        return self.conv(x)


def separable(c, n, stride=1):
    return Conv(*conv_norm(c, c, 3, stride, 1, c), *conv_norm(c, n))


class Bottleneck(nn.Module):
    def __init__(self, c, n, stride):
        super().__init__()
        self.shortcut = stride == 1 and c == n
        self.block = nn.Sequential(
            Conv(*conv_norm(c, 6 * c)), Conv(*conv_norm(6 * c, 6 * c, 3, stride, 1, 6 * c)),
            nn.Conv2d(6 * c, n, 1, bias=False), nn.BatchNorm2d(n),
        )

    def forward(self, x):
        return x + self.block(x) if self.shortcut else self.block(x)


def aligned(x, size):
    return F.interpolate(x, size=size, mode="bilinear", align_corners=True)


class Pyramid(nn.Module):
    def __init__(self, c):
        super().__init__()
        for i in (1, 2, 3, 4):
            self.add_module(f"conv{i}", Conv(*conv_norm(c, c // 4)))
        self.out = Conv(*conv_norm(c + 4 * (c // 4), c))

    def forward(self, x):
        parts = [x]
        for i, bins in zip((1, 2, 3, 4), (1, 2, 3, 6)):
            y = self._modules[f"conv{i}"](F.adaptive_avg_pool2d(x, bins))
            parts.append(aligned(y, x.shape[2:]))
        return self.out(torch.cat(parts, 1))


class FastScnn(nn.Module):
    def __init__(self, width, classes):
        super().__init__()
        a, b, c, d, e = (scaled(n, width) for n in (32, 48, 64, 96, 128))
        down = self.learning_to_downsample = nn.Module()
        down.conv = Conv(*conv_norm(3, a, 3, 2))
        down.dsconv1, down.dsconv2 = separable(a, b, 2), separable(b, c, 2)
        extract = self.global_feature_extractor = nn.Module()
        before = c
        for i, (n, stride) in enumerate(((c, 2), (d, 2), (e, 1))):
            blocks = [Bottleneck(before, n, stride), Bottleneck(n, n, 1), Bottleneck(n, n, 1)]
            extract.add_module(f"bottleneck{i + 1}", nn.Sequential(*blocks))
            before = n
        extract.ppm = Pyramid(e)
        fusion = self.feature_fusion = nn.Module()
        fusion.dwconv = Conv(*conv_norm(e, e, 3, 1, 1, e))
        fusion.conv_lower_res = nn.Sequential(nn.Conv2d(e, e, 1), nn.BatchNorm2d(e))
        fusion.conv_higher_res = nn.Sequential(nn.Conv2d(c, e, 1), nn.BatchNorm2d(e))
        head = self.classifier = nn.Module()
        head.dsconv1, head.dsconv2 = separable(e, e), separable(e, e)
        head.conv = nn.Sequential(nn.Dropout(0), nn.Conv2d(e, classes, 1))

    def forward(self, images):
        down, extract, fusion = self.learning_to_downsample, self.global_feature_extractor, self.feature_fusion
        fine = down.dsconv2(down.dsconv1(down.conv(images)))
        x = extract.ppm(extract.bottleneck3(extract.bottleneck2(extract.bottleneck1(fine))))
        x = fusion.dwconv(aligned(x, [4 * n for n in x.shape[2:]]))
        x = F.relu(fusion.conv_higher_res(fine) + fusion.conv_lower_res(x))
        head = self.classifier
        return aligned(head.conv(head.dsconv2(head.dsconv1(x))), images.shape[2:])


# ---------------------------------------------------------------- cases


def values(name, shape, smooth=False):
    """First value of a weight by its name in the state dictionary, exact in float32. `smooth`: batch norms
    that give each channel values inside one piece of ReLU6, 0 < x < 6, x < 0 or x > 6, far from its kinks."""
    if name.endswith("num_batches_tracked"):
        return np.zeros(shape)
    u = uniform(name, int(np.prod(shape))).reshape(shape)
    if len(shape) > 1:
        u = u * 2.0 ** np.floor(np.log2(np.sqrt(6 / np.prod(shape[1:]))) + 0.6)
        return u / 8 if shape[0] == 3 else u  # scores: away from saturation
    if smooth and name.endswith("weight"):
        return (1 + u / 4) / 4
    if smooth and name.endswith("bias") and "head" not in name:
        return np.resize(CENTERS, shape) + u / 8
    if name.endswith(("running_var", "weight")):
        return 1 + u / 4
    return u / 8


def build(case):
    model = case["make"](case["width"], case["classes"]).double()
    state = model.state_dict()
    model.load_state_dict({k: torch.tensor(values(k, tuple(v.shape), case.get("smooth", False))) for k, v in state.items()})
    return model


def summaries(model, before):
    """Of each weight but the running variances, of which torch keeps the unbiased one, others not."""
    return {
        k: summary(k, v.detach().flatten(), before[k].flatten())
        for k, v in model.state_dict().items()
        if not k.endswith(("num_batches_tracked", "running_var"))
    }


def summary(name, new, old):
    """Largest |w|, norm of the change, its product with a random vector, as one base64 text."""
    change = new - old
    direction = torch.tensor(uniform(name + "/direction", change.numel()))
    return encode([new.abs().max(), change.norm(), change @ direction])


def run(case):
    b, h, w = case["size"]
    model = build(case)
    before = {k: v.clone() for k, v in model.state_dict().items()}
    images, labels = batch(case["name"], b, h, w, case["classes"])
    x = images.permute(0, 3, 1, 2)
    model.eval()
    with torch.no_grad():
        logits = model(x).permute(0, 2, 3, 1).flatten()
    places = ((uniform(case["name"] + "/places", 32) + 1) / 2 * logits.numel()).astype(int)
    model.train()
    full = F.interpolate(model(x), size=(h, w), mode="bilinear", align_corners=False)
    loss = F.cross_entropy(full, labels, ignore_index=255)
    loss.backward()
    with torch.no_grad():
        for parameter in model.parameters():
            parameter.sub_(LR * parameter.grad)
    return {
        "name": case["name"], "width": case["width"], "size": case["size"], "classes": case["classes"],
        **({"smooth": True} if case.get("smooth") else {}), "shapes": {k: list(v.shape) for k, v in before.items()},
        "logits": encode([logits.abs().max(), logits.norm(), *logits[places]]),
        "count": logits.numel(), "loss": float(loss), "weights": summaries(model, before),
    }  # fmt: skip


class State:
    """A module's weights as `Run` takes them."""

    def __init__(self, model):
        self.values = dict(model.named_parameters())

    def trainable(self):
        return self.values


class AdversarialRun(Run):
    """Algorithm 1 with a module in G's place."""

    def __init__(self, case, model):
        self.model = model
        super().__init__(case)
        self.g = State(model)
        self.g0 = {}

    def network(self, mode):
        self.model.train()
        if mode == "move":
            return self.model(self.x)
        # `Run` makes all weights by a first pass, which must not move the statistics
        kept = {k: v.clone() for k, v in self.model.state_dict().items()}
        z = self.model(self.x)
        self.model.load_state_dict(kept)
        return z


def adversarial(case):
    model = build(case)
    before = {k: v.clone() for k, v in model.state_dict().items()}
    settings = {
        "name": case["name"], "network": case["name"], "classes": case["classes"], "batch": case["size"],
        "enabled": True, "loss": "lsgan", "weight": 0.3, "tg": 0.5, "td": 2, "momentum": 0, "weightDecay": 0,
        "lr": 0.01, "lrD": 0.001, "beta1": 0.5, "beta2": 0.999, "eps": 0.001, "discriminatorWidth": 1 / 16,
        "upsampleOrder": "logits", "options": {},
    }  # fmt: skip
    losses = AdversarialRun(settings, model).step()
    return {**settings, "losses": losses, "width": case["width"], "weights": summaries(model, before)}


CASES = [
    {"name": "segformer-b0", "width": 0.25, "size": [2, 64, 96], "classes": 3, "make": Segformer},
    {"name": "fast-scnn", "width": 0.25, "size": [4, 64, 96], "classes": 3, "make": FastScnn},
]

if __name__ == "__main__":
    result = {"lr": LR, "cases": [run(case) for case in CASES], "adversarial": [adversarial(CASES[0])]}
    path = OUT / "transformers.json"
    path.write_text(json.dumps(result, separators=(",", ":")) + "\n")
    print(path, path.stat().st_size)
    for case in result["cases"]:
        print(case["name"], case["loss"])
    print(result["adversarial"][0]["losses"])
