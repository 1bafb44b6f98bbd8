#!/usr/bin/env python3
"""Reference values for tests/goldens/resnets_test.ts: torchvision's FCN and DeepLabV3 and SMP's U-Net on
ResNets with few channels, in double precision.

The blocks are torchvision's own classes; only the channel counts are smaller. SMP's U-Net decoder,
which Debian does not have, is written from its source. Weights come from their names (`values`), so that
the test writes the same state dictionary, opens it as a user would and compares logits and the weights
after one training step. Needs Debian's python3-torch and python3-torchvision. Run from the root of the
repository:

    /usr/bin/python3 tasks/goldens/resnets.py
"""

import json
import sys
from pathlib import Path

import numpy as np
import torch
import torch.nn.functional as F
from torch import nn
from torchvision.models import resnet as tv
from torchvision.models.segmentation.deeplabv3 import ASPP
from torchvision.models.segmentation.fcn import FCNHead

sys.path.insert(0, str(Path(__file__).resolve().parent.parent))
from make_goldens import OUT, batch, encode, uniform  # noqa: E402

LR = 0.05
AUX_WEIGHT = 0.5


def scaled(n, width):
    return max(4, int(n * width + 0.5))


class ResNet(tv.ResNet):
    """torchvision's, with all channel counts scaled and without the classifier."""

    def __init__(self, depth, width, **options):
        block, layers = {18: (tv.BasicBlock, [2, 2, 2, 2]), 50: (tv.Bottleneck, [3, 4, 6, 3])}[depth]
        self.scale = width
        super().__init__(block, layers, **options)
        del self.fc, self.avgpool

    def __setattr__(self, name, value):
        # The constructor says 64 channels for the stem; later counts are derived from _make_layer's
        if name == "inplanes" and "inplanes" not in self.__dict__:
            value = scaled(value, self.scale)
        super().__setattr__(name, value)

    def _make_layer(self, block, planes, blocks, stride=1, dilate=False):
        return super()._make_layer(block, scaled(planes, self.scale), blocks, stride, dilate)

    def features(self, x):
        x = self.relu(self.bn1(self.conv1(x)))
        out = [x]
        x = self.maxpool(x)
        for layer in (self.layer1, self.layer2, self.layer3, self.layer4):
            x = layer(x)
            out.append(x)
        return out


class Torchvision(nn.Module):
    """`backbone`, `classifier` and `aux_classifier` as in torchvision.models.segmentation."""

    def __init__(self, head, depth, width, classes):
        super().__init__()
        dilated = {"replace_stride_with_dilation": [False, True, True]} if depth == 50 else {}
        self.backbone = ResNet(depth, width, **dilated)
        c = scaled(512, width) * 4
        if head == "fcn":
            self.classifier = FCNHead(c, classes)
        else:
            n = scaled(256, width)
            self.classifier = nn.Sequential(
                ASPP(c, [12, 24, 36], n), nn.Conv2d(n, n, 3, padding=1, bias=False), nn.BatchNorm2d(n),
                nn.ReLU(), nn.Conv2d(n, classes, 1),
            )
        self.aux_classifier = FCNHead(c // 2, classes)

    def forward(self, x):
        features = self.backbone.features(x)
        return self.classifier(features[4]), self.aux_classifier(features[3])


class Block(nn.Module):
    """SMP's decoder block: nearest x2, concat (x, skip), twice (3x3, batch norm, ReLU)."""

    def __init__(self, c, skip, n):
        super().__init__()

        def conv(c, n):
            return nn.Sequential(nn.Conv2d(c, n, 3, padding=1, bias=False), nn.BatchNorm2d(n), nn.ReLU())

        self.conv1, self.conv2 = conv(c + skip, n), conv(n, n)

    def forward(self, x, skip):
        x = F.interpolate(x, scale_factor=2, mode="nearest")
        return self.conv2(self.conv1(x if skip is None else torch.cat([x, skip], 1)))


class Unet(nn.Module):
    """`encoder`, `decoder.blocks` and `segmentation_head` as in segmentation_models_pytorch."""

    def __init__(self, depth, width, classes):
        super().__init__()
        self.encoder = ResNet(depth, width)
        grow = 4 if depth == 50 else 1
        skips = [scaled(64 * 2**i, width) * grow for i in (2, 1, 0)] + [scaled(64, width), 0]
        c, blocks = scaled(512, width) * grow, []
        for skip, n in zip(skips, (256, 128, 64, 32, 16)):
            blocks.append(Block(c, skip, scaled(n, width)))
            c = scaled(n, width)
        self.decoder = nn.Module()
        self.decoder.blocks = nn.ModuleList(blocks)
        self.segmentation_head = nn.Sequential(nn.Conv2d(c, classes, 3, padding=1))

    def forward(self, x):
        *skips, x = self.encoder.features(x)
        for block, skip in zip(self.decoder.blocks, skips[::-1] + [None]):
            x = block(x, skip)
        return self.segmentation_head(x), None


def separable(c, n, dilation=1):
    """SMP's SeparableConv2d, batch norm, ReLU."""
    return nn.Sequential(
        nn.Sequential(
            nn.Conv2d(c, c, 3, padding=dilation, dilation=dilation, groups=c, bias=False),
            nn.Conv2d(c, n, 1, bias=False),
        ),
        nn.BatchNorm2d(n), nn.ReLU(),
    )


def pointwise(c, n):
    return nn.Sequential(nn.Conv2d(c, n, 1, bias=False), nn.BatchNorm2d(n), nn.ReLU())


class SmpAspp(nn.Module):
    def __init__(self, c, n):
        super().__init__()
        pooled = nn.Sequential(nn.AdaptiveAvgPool2d(1), *pointwise(c, n))
        self.convs = nn.ModuleList([pointwise(c, n), *(separable(c, n, d) for d in (12, 24, 36)), pooled])
        self.project = nn.Sequential(*pointwise(5 * n, n), nn.Dropout(0.5))

    def forward(self, x):
        parts = [conv(x) for conv in self.convs]
        parts[-1] = parts[-1].expand_as(parts[0])
        return self.project(torch.cat(parts, 1))


class DeepLabV3Plus(nn.Module):
    """As in segmentation_models_pytorch: every convolution of the last stage has stride 1, dilation 2."""

    def __init__(self, depth, width, classes):
        super().__init__()
        self.encoder = ResNet(depth, width)
        for part in self.encoder.layer4.modules():
            if isinstance(part, nn.Conv2d):
                part.stride, part.dilation = (1, 1), (2, 2)
                part.padding = tuple((k // 2) * 2 for k in part.kernel_size)
        grow, n = 4 if depth == 50 else 1, scaled(256, width)
        low = scaled(48, width)
        self.decoder = nn.Module()
        self.decoder.aspp = nn.Sequential(SmpAspp(scaled(512, width) * grow, n), *separable(n, n))
        self.decoder.block1 = pointwise(scaled(64, width) * grow, low)
        self.decoder.block2 = separable(n + low, n)
        self.segmentation_head = nn.Sequential(nn.Conv2d(n, classes, 1))

    def forward(self, x):
        features = self.encoder.features(x)
        up = nn.UpsamplingBilinear2d(scale_factor=4)
        d = self.decoder
        x = torch.cat([up(d.aspp(features[4])), d.block1(features[1])], 1)
        return up(self.segmentation_head(d.block2(x))), None


def values(name, shape):
    """First value of a weight by its name in the state dictionary, exact in float32."""
    if name.endswith("num_batches_tracked"):
        return np.zeros(shape)
    u = uniform(name, int(np.prod(shape))).reshape(shape)
    if len(shape) == 4:
        u = u * 2.0 ** np.floor(np.log2(np.sqrt(6 / np.prod(shape[1:]))) + 0.6)
        return u / 8 if shape[0] == 3 else u  # scores: away from saturation
    if name.endswith("running_var") or (name.endswith("weight") and len(shape) == 1):
        u = 1 + u / 4
        return u / 8 if ".bn3." in name or (".bn2." in name and "layer" in name) else u
    return u / 8


CASES = [
    {"name": "unet-resnet18", "step": "plain", "width": 0.0625, "make": lambda w, c: Unet(18, w, c)},
    {"name": "unet-resnet50", "width": 0.0625, "make": lambda w, c: Unet(50, w, c)},
    {"name": "fcn-resnet50", "options": {"dropout": 0}, "step": "plain", "width": 0.0625, "make": lambda w, c: Torchvision("fcn", 50, w, c)},
    {"name": "deeplabv3plus-resnet18", "step": "plain", "width": 0.0625,
     "options": {"alignCorners": True, "dropout": 0}, "make": lambda w, c: DeepLabV3Plus(18, w, c)},
    {"name": "deeplabv3-resnet50", "options": {"auxHead": True, "dropout": 0}, "step": "aux", "width": 0.0625, "make": lambda w, c: Torchvision("v3", 50, w, c)},
]


def loss_of(logits, labels):
    logits = F.interpolate(logits, size=labels.shape[1:], mode="bilinear", align_corners=False)
    return F.cross_entropy(logits, labels, ignore_index=255)


def step(model, x, labels, objective):
    """Losses, and a summary of each weight after one step of SGD; `aux` adds the auxiliary head's loss."""
    model.train()
    before = {k: v.clone() for k, v in model.state_dict().items()}
    main, aux = model(x)
    loss = total = loss_of(main, labels)
    if objective == "aux":
        total = loss + AUX_WEIGHT * loss_of(aux, labels)
    weights = {k: v for k, v in model.named_parameters() if objective == "aux" or not k.startswith("aux_")}
    gradients = dict(zip(weights, torch.autograd.grad(total, list(weights.values()))))
    weights_after = {}
    for k, v in model.state_dict().items():  # the statistics have moved already
        # torch keeps the unbiased variance, the toolkit as Keras the biased one
        if k.endswith(("num_batches_tracked", "running_var")) or (objective == "plain" and k.startswith("aux_")):
            continue
        new = v - LR * gradients[k] if k in gradients else v
        weights_after[k] = summary(k, new.flatten(), before[k].flatten())
    return {"loss": float(loss), "step": objective, "weights": weights_after}


def run(case):
    b, h, w, classes = 2, 64, 96, 3
    torch.manual_seed(0)
    model = case["make"](case["width"], classes).double()
    state = model.state_dict()
    model.load_state_dict({k: torch.tensor(values(k, tuple(v.shape))) for k, v in state.items()})
    for part in model.modules():
        if isinstance(part, nn.Dropout):
            part.p = 0.0
    images, labels = batch(case["name"], b, h, w, classes)
    x = images.permute(0, 3, 1, 2)
    model.eval()
    with torch.no_grad():
        logits = model(x)[0].permute(0, 2, 3, 1).flatten()
    places = ((uniform(case["name"] + "/places", 32) + 1) / 2 * logits.numel()).astype(int)
    out = step(model, x, labels, case["step"]) if "step" in case else {}
    return {
        "name": case["name"], "width": case["width"], "size": [b, h, w], "classes": classes, "options": case.get("options", {}),
        # The counters, which nothing reads, once
        "shapes": {k: list(v.shape) for k, v in state.items()
                   if case["name"] == "unet-resnet18" or not k.endswith("num_batches_tracked")},
        "logits": encode([logits.abs().max(), logits.norm(), *logits[places]]),
        "count": logits.numel(), **out,
    }


def summary(name, new, old):
    """Largest |w|, norm of the change, its product with a random vector, as one base64 text."""
    change = new - old
    direction = torch.tensor(uniform(name + "/direction", change.numel()))
    return encode([new.abs().max(), change.norm(), change @ direction])


if __name__ == "__main__":
    result = {"lr": LR, "auxWeight": AUX_WEIGHT, "cases": [run(case) for case in CASES]}
    path = OUT / "resnets.json"
    path.write_text(json.dumps(result, separators=(",", ":")) + "\n")
    print(path, path.stat().st_size)
