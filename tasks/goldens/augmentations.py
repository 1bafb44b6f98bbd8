#!/usr/bin/env python3
"""Pixels that torchvision makes of a small image: reference values of the augmentations' tests.

Needs Debian's python3-torch, python3-torchvision and python3-numpy. Run from the root:

    /usr/bin/python3 tasks/goldens/augmentations.py
"""

import base64
import json
import sys
from pathlib import Path

import numpy as np
import torch
import torchvision
import torchvision.transforms.functional as F

ROOT = Path(__file__).resolve().parent.parent
sys.path.insert(0, str(ROOT))
from make_goldens import OUT, uniform  # noqa: E402

torch.set_default_dtype(torch.float32)  # torchvision's own; the import above set another
WIDTH, HEIGHT = 16, 12


def image():
    """RGB [3, h, w]: hashed levels, with black, white and grey pixels among them."""
    levels = np.floor((uniform("augmentations/image", WIDTH * HEIGHT * 3) + 1) * 128)
    pixels = levels.reshape(HEIGHT, WIDTH, 3).astype(np.uint8)
    pixels[0, :3] = [[0, 0, 0], [255, 255, 255], [77, 77, 77]]
    return torch.tensor(pixels).permute(2, 0, 1).contiguous()


def stored(result):
    """Bytes [h, w, 3] in base64."""
    assert result.dtype == torch.uint8
    return base64.b64encode(result.permute(1, 2, 0).contiguous().numpy().tobytes()).decode()


def main():
    x = image()
    cases = {"grayscale": stored(F.rgb_to_grayscale(x, 3))}
    for factor in (0, 0.4, 0.93, 1.6):
        cases[f"brightness {factor}"] = stored(F.adjust_brightness(x, factor))
        cases[f"contrast {factor}"] = stored(F.adjust_contrast(x, factor))
        cases[f"saturation {factor}"] = stored(F.adjust_saturation(x, factor))
    for shift in (-0.5, -0.18, 0.05, 0.4):
        # Levels become shares and back as in torchvision's transforms v2; this version's own way
        # back would darken unchanged channels by a level, where float32 falls short of a whole one
        shares = F.convert_image_dtype(x, torch.float32)
        cases[f"hue {shift}"] = stored(
            F.convert_image_dtype(F.adjust_hue(shares, shift), torch.uint8)
        )
    for size, sigma in ((3, 0.4), (5, 1.1), (13, 2.0)):
        cases[f"blur {size} {sigma}"] = stored(F.gaussian_blur(x, [size, size], [sigma, sigma]))
    golden = {
        "made": f"tasks/goldens/augmentations.py, torchvision {torchvision.__version__}",
        "size": [HEIGHT, WIDTH],
        "cases": cases,
    }
    (OUT / "augmentations.json").write_text(json.dumps(golden, indent=1) + "\n")


main()
