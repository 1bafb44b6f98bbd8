"""Networks that pytorch_step.py times, from torchvision's blocks; each gives logits and how many pixels of
input a logit stands for.

SMP's U-Net decoder, which Debian does not have, is written from its source. Width is 1: torchvision's
blocks take no other.
"""

import importlib
import sys
from pathlib import Path

import torch
import torch.nn as nn
import torch.nn.functional as F
from torchvision.models import resnet
from torchvision.models.segmentation.deeplabv3 import DeepLabHead
from torchvision.models.segmentation.fcn import FCNHead


def conv(c, n):
    return nn.Sequential(nn.Conv2d(c, n, 3, padding=1, bias=False), nn.BatchNorm2d(n), nn.ReLU(inplace=True))


class Unet(nn.Module):
    """The network of 2015 with batch norm and learned 2x2 up-convolutions."""

    def __init__(self, classes):
        super().__init__()
        sizes = [64, 128, 256, 512, 1024]
        self.down = nn.ModuleList(
            nn.Sequential(conv(c, n), conv(n, n)) for c, n in zip([3] + sizes, sizes))
        self.up = nn.ModuleList(nn.ConvTranspose2d(2 * n, n, 2, 2) for n in sizes[-2::-1])
        self.join = nn.ModuleList(nn.Sequential(conv(2 * n, n), conv(n, n)) for n in sizes[-2::-1])
        self.score = nn.Conv2d(64, classes, 1)

    def forward(self, x):
        skips = []
        for i, part in enumerate(self.down):
            x = part(x if i == 0 else F.max_pool2d(x, 2))
            skips.append(x)
        for up, join, skip in zip(self.up, self.join, skips[-2::-1]):
            x = join(torch.cat([skip, up(x)], 1))
        return self.score(x)


class ResnetNetwork(nn.Module):
    def __init__(self, depth, dilated=False):
        super().__init__()
        options = {"replace_stride_with_dilation": [False, True, True]} if dilated else {}
        self.encoder = getattr(resnet, f"resnet{depth}")(**options)
        self.encoder.fc = self.encoder.avgpool = nn.Identity()

    def features(self, x):
        e = self.encoder
        out = [e.relu(e.bn1(e.conv1(x)))]
        x = e.maxpool(out[0])
        for layer in (e.layer1, e.layer2, e.layer3, e.layer4):
            x = layer(x)
            out.append(x)
        return out


class ResnetUnet(ResnetNetwork):
    def __init__(self, depth, classes):
        super().__init__(depth)
        grow = 4 if depth == 50 else 1
        skips, c = [256 * grow, 128 * grow, 64 * grow, 64, 0], 512 * grow
        blocks = []
        for skip, n in zip(skips, (256, 128, 64, 32, 16)):
            blocks.append(nn.Sequential(conv(c + skip, n), conv(n, n)))
            c = n
        self.blocks = nn.ModuleList(blocks)
        self.score = nn.Conv2d(16, classes, 3, padding=1)

    def forward(self, x):
        *skips, x = self.features(x)
        for block, skip in zip(self.blocks, skips[::-1] + [None]):
            x = F.interpolate(x, scale_factor=2, mode="nearest")
            x = block(x if skip is None else torch.cat([x, skip], 1))
        return self.score(x)


class DilatedResnet(ResnetNetwork):
    def __init__(self, head):
        super().__init__(50, dilated=True)
        self.head = head

    def forward(self, x):
        return self.head(self.features(x)[-1])


def golden(family, make):
    """A network of tasks/goldens, whose import sets doubles and one thread."""

    def build(classes):
        threads = torch.get_num_threads()
        sys.path.insert(0, str(Path(__file__).resolve().parent.parent / "tasks" / "goldens"))
        module = importlib.import_module(family)

        torch.set_default_dtype(torch.float32)
        torch.set_num_threads(threads)
        return make(module, classes)

    return build


def main_logits(resnets, depth, classes):
    """DeepLabV3+ without the place of an auxiliary head's logits."""

    class Main(resnets.DeepLabV3Plus):
        def forward(self, x):
            return super().forward(x)[0]

    return Main(depth, 1, classes)


BUILDERS = {
    "unet": Unet,
    "unet-resnet18": lambda classes: ResnetUnet(18, classes),
    "unet-resnet34": lambda classes: ResnetUnet(34, classes),
    "unet-resnet50": lambda classes: ResnetUnet(50, classes),
    "fcn-resnet50": lambda classes: DilatedResnet(FCNHead(2048, classes)),
    "deeplabv3-resnet50": lambda classes: DilatedResnet(DeepLabHead(2048, classes)),
    "segformer-b0": golden("transformers", lambda module, classes: module.Segformer(1, classes)),
    "segformer-b1": golden("transformers", lambda module, classes: module.Segformer(1, classes, (64, 128, 320, 512))),
    "unet-mobilenetv2": golden("mobilenets", lambda module, classes: module.Unet(1, classes)),
    "deeplabv3plus-mobilenetv2": golden("mobilenets", lambda module, classes: module.Deeplabv3plus(1, classes)),
    "deeplabv3-mobilenetv3": golden("mobilenets", lambda module, classes: module.Deeplabv3(1, classes)),
    "lraspp-mobilenetv3-large": golden("mobilenets", lambda module, classes: module.Lraspp("large", 1, classes)),
    "lraspp-mobilenetv3-small": golden("mobilenets", lambda module, classes: module.Lraspp("small", 1, classes)),
    "deeplabv3plus-resnet18": golden("resnets", lambda module, classes: main_logits(module, 18, classes)),
    "deeplabv3plus-resnet50": golden("resnets", lambda module, classes: main_logits(module, 50, classes)),
    "fast-scnn": golden("transformers", lambda module, classes: module.FastScnn(1, classes)),
}
