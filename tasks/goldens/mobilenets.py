#!/usr/bin/env python3
"""Reference values for tests/goldens/mobilenets_test.ts: torchvision's LR-ASPP and DeepLabV3 on MobileNetV3,
SMP's U-Net and DeepLabV3+ on MobileNetV2, with few channels, in double precision.

The backbones and heads are torchvision's own classes; SMP's decoders, which Debian does not have, are
written from its source. Weights come from their names, as in transformers.py beside it. Needs Debian's
python3-torch and python3-torchvision. Run from the root of the repository:

    /usr/bin/python3 tasks/goldens/mobilenets.py
"""

import json
import sys
from pathlib import Path

import torch
import torch.nn.functional as F
from torch import nn
from torchvision.models import mobilenetv2 as v2
from torchvision.models import mobilenetv3 as v3
from torchvision.models.segmentation.deeplabv3 import ASPP
from torchvision.models.segmentation.lraspp import LRASPPHead

sys.path.insert(0, str(Path(__file__).resolve().parent))
from resnets import Block  # noqa: E402
from transformers import LR, OUT, adversarial, run, scaled  # noqa: E402


def mobilenet_v3(size, width, dilated=True):
    rows, last = v3._mobilenet_v3_conf(f"mobilenet_v3_{size}", width_mult=width, dilated=dilated)
    return v3.MobileNetV3(rows, last).features


def mobilenet_v2(width):
    """torchvision's, whose last convolution never becomes narrower; the toolkit scales all."""
    features = v2.MobileNetV2(width_mult=width).features
    last = v2._make_divisible(1280 * width, 8)
    features[18] = v2.Conv2dNormActivation(
        features[17].out_channels, last, kernel_size=1, norm_layer=nn.BatchNorm2d, activation_layer=nn.ReLU6
    )
    return features


def without_dropout(model):
    for part in model.modules():
        if isinstance(part, nn.Dropout):
            part.p = 0.0
    return model


class Lraspp(nn.Module):
    """`backbone.0`, ... and `classifier` as in torchvision.models.segmentation."""

    def __init__(self, size, width, classes):
        super().__init__()
        features = mobilenet_v3(size, width)
        self.backbone = nn.Sequential(*features)
        self.low = 4 if size == "large" else 2
        low, high = features[self.low].out_channels, features[-1].out_channels
        self.classifier = LRASPPHead(low, high, classes, scaled(128, width))

    def forward(self, x):
        for i, layer in enumerate(self.backbone):
            x = layer(x)
            if i == self.low:
                low = x
        return self.classifier({"low": low, "high": x})


class Deeplabv3(nn.Module):
    """`backbone` and `classifier` as in torchvision.models.segmentation."""

    def __init__(self, width, classes):
        super().__init__()
        features = mobilenet_v3("large", width)
        self.backbone = nn.Sequential(*features)
        n = scaled(256, width)
        self.classifier = nn.Sequential(
            ASPP(features[-1].out_channels, [12, 24, 36], n), nn.Conv2d(n, n, 3, padding=1, bias=False),
            nn.BatchNorm2d(n), nn.ReLU(), nn.Conv2d(n, classes, 1),
        )  # fmt: skip
        without_dropout(self)

    def forward(self, x):
        return self.classifier(self.backbone(x))


TAPS = [2, 4, 7, 14]


def stages(encoder, x):
    """SMP's features of MobileNetV2: what comes before each of these layers, and the last."""
    out = []
    for i, layer in enumerate(encoder.features):
        if i in TAPS:
            out.append(x)
        x = layer(x)
    return [*out, x]


class Unet(nn.Module):
    """`encoder.features`, `decoder.blocks` and `segmentation_head` as in segmentation_models_pytorch."""

    def __init__(self, width, classes):
        super().__init__()
        self.encoder = nn.Module()
        self.encoder.features = mobilenet_v2(width)
        channels = [self.encoder.features[i - 1].out_channels for i in TAPS]
        c, blocks = self.encoder.features[18].out_channels, []
        for skip, n in zip(channels[::-1] + [0], (256, 128, 64, 32, 16)):
            blocks.append(Block(c, skip, scaled(n, width)))
            c = scaled(n, width)
        self.decoder = nn.Module()
        self.decoder.blocks = nn.ModuleList(blocks)
        self.segmentation_head = nn.Sequential(nn.Conv2d(c, classes, 3, padding=1))

    def forward(self, x):
        *skips, x = stages(self.encoder, x)
        for block, skip in zip(self.decoder.blocks, skips[::-1] + [None]):
            x = block(x, skip)
        return self.segmentation_head(x)


def separable(c, n, dilation=1):
    each = nn.Conv2d(c, c, 3, padding=dilation, dilation=dilation, groups=c, bias=False)
    return nn.Sequential(each, nn.Conv2d(c, n, 1, bias=False))


class SeparablePyramid(nn.Module):
    """SMP's ASPP of DeepLabV3+."""

    def __init__(self, c, n):
        super().__init__()

        def norm(n):
            return nn.BatchNorm2d(n), nn.ReLU()

        self.convs = nn.ModuleList([
            nn.Sequential(nn.Conv2d(c, n, 1, bias=False), *norm(n)),
            *(nn.Sequential(separable(c, n, rate), *norm(n)) for rate in (12, 24, 36)),
            nn.Sequential(nn.AdaptiveAvgPool2d(1), nn.Conv2d(c, n, 1, bias=False), *norm(n)),
        ])  # fmt: skip
        self.project = nn.Sequential(nn.Conv2d(5 * n, n, 1, bias=False), *norm(n))

    def forward(self, x):
        parts = [conv(x) for conv in self.convs]
        parts[4] = F.interpolate(parts[4], size=x.shape[2:], mode="bilinear", align_corners=False)
        return self.project(torch.cat(parts, 1))


class Deeplabv3plus(nn.Module):
    """`encoder.features`, `decoder` and `segmentation_head` as in segmentation_models_pytorch."""

    def __init__(self, width, classes):
        super().__init__()
        self.encoder = nn.Module()
        features = self.encoder.features = mobilenet_v2(width)
        for layer in features[14:]:
            for conv in layer.modules():
                if isinstance(conv, nn.Conv2d):
                    conv.stride, conv.dilation = (1, 1), (2, 2)
                    conv.padding = (conv.kernel_size[0] // 2 * 2,) * 2
        n, fine = scaled(256, width), scaled(48, width)

        def norm(n):
            return nn.BatchNorm2d(n), nn.ReLU()

        self.decoder = nn.Module()
        pyramid = SeparablePyramid(features[18].out_channels, n)
        self.decoder.aspp = nn.Sequential(pyramid, separable(n, n), *norm(n))
        low = features[3].out_channels
        self.decoder.block1 = nn.Sequential(nn.Conv2d(low, fine, 1, bias=False), *norm(fine))
        self.decoder.block2 = nn.Sequential(separable(n + fine, n), *norm(n))
        self.segmentation_head = nn.Sequential(nn.Conv2d(n, classes, 1))

    def forward(self, x):
        _, low, *_, high = stages(self.encoder, x)
        up = nn.UpsamplingBilinear2d(scale_factor=4)  # with aligned corners
        x = torch.cat([up(self.decoder.aspp(high)), self.decoder.block1(low)], 1)
        return up(self.segmentation_head(self.decoder.block2(x)))


CASES = [
    {"name": "deeplabv3plus-mobilenetv2", "make": Deeplabv3plus},
    # So many values of ReLU6 that some lie within float32's rounding of a kink
    {"name": "unet-mobilenetv2", "make": Unet, "smooth": True},
    {"name": "lraspp-mobilenetv3-large", "make": lambda w, c: Lraspp("large", w, c)},
    {"name": "lraspp-mobilenetv3-small", "make": lambda w, c: Lraspp("small", w, c)},
    {"name": "deeplabv3-mobilenetv3", "make": Deeplabv3},
]

if __name__ == "__main__":
    cases = [{"width": 0.25, "size": [2, 64, 96], "classes": 3, **case} for case in CASES]
    torch.manual_seed(0)
    result = {
        "lr": LR, "cases": [run(case) for case in cases],
        "adversarial": [adversarial(cases[i]) for i in (0, 2)],
    }  # fmt: skip
    path = OUT / "mobilenets.json"
    path.write_text(json.dumps(result, separators=(",", ":")) + "\n")
    print(path, path.stat().st_size)
    for case in result["cases"]:
        print(case["name"], case["loss"])
    print([case["losses"] for case in result["adversarial"]])
