#!/usr/bin/env python3
"""Reference values for the tests in tests/goldens, by PyTorch in double precision.

An independent reading of the method: Algorithm 1, the networks and the layers are written here
again from the thesis, with torch's own operations and autograd, and nothing of the toolkit is
called. Needs Debian's python3-torch and python3-numpy. Run from the root of the repository:

    /usr/bin/python3 tasks/make_goldens.py

Initial weights, images and labels are not stored: `uniform` below and the same
function in tests/support/golden_numbers.ts give the same numbers, all exact in float32. Of the weights after a step
a summary is stored (`summary`), which is enough to notice one wrong value.
"""

import base64
import json
import math
from pathlib import Path

import numpy as np
import torch
import torch.nn.functional as F

OUT = Path(__file__).resolve().parent.parent / "fixtures" / "goldens"
EPSILON = 1e-7  # inside the logarithm of upsampled probabilities
BN_EPSILON = 1.001e-5
BN_MOMENTUM = 0.9
torch.set_default_dtype(torch.float64)
torch.set_num_threads(1)


# ---------------------------------------------------------------- numbers from a formula


def uniform(name, size):
    """`size` numbers in [-1, 1), multiples of 2^-15, from a hash of name and index."""
    key = 0x811C9DC5
    for byte in name.encode():
        key = ((key ^ byte) * 0x01000193) & 0xFFFFFFFF
    x = (np.uint64(key) + np.arange(size, dtype=np.uint64) * np.uint64(0x9E3779B9)).astype(np.uint32)
    x ^= x >> np.uint32(16)
    x *= np.uint32(0x7FEB352D)
    x ^= x >> np.uint32(15)
    x *= np.uint32(0x846CA68B)
    x ^= x >> np.uint32(16)
    return ((x >> np.uint32(16)).astype(np.float64) - 32768) / 32768


def initial(name, shape):
    """The first value of a weight, by its name; kernels keep the variance of what they read."""
    u = uniform(name, int(np.prod(shape))).reshape(shape)
    part = name.rsplit("/", 1)[1]
    if part == "kernel":
        fan_in = int(np.prod(shape[:-1]))
        if name.startswith("upscore"):  # [k, k, out, in]; the stride is half of k
            fan_in = 4 * shape[3]
        elif "_up/" in name:  # [k, k, out, in]; the stride is k
            fan_in = shape[3]
        u = u * 2.0 ** math.floor(math.log2(math.sqrt(6 / fan_in)) + 0.6)
        if name.startswith("score"):  # keeps the softmax away from saturation
            u = u / 8
    elif part in ("gamma", "moving_variance"):
        u = 1 + u / 4
        if name.endswith("_3_bn/gamma"):  # tame residuals: at 1, float32 itself loses its way
            u = u / 8
    else:
        u = u / 8
    return torch.tensor(u)


def batch(name, b, h, w, classes):
    """Images [b, h, w, 3] in [-2, 2), labels [b, h, w] in blocks of 4, about one in eight ignored."""
    images = torch.tensor(2 * uniform(name + "/images", b * h * w * 3).reshape(b, h, w, 3))
    blocks = uniform(name + "/labels", b * (h // 4) * (w // 4)).reshape(b, h // 4, w // 4)
    index = np.floor((blocks + 1) / 2 * (classes + 0.5)).astype(np.int64)
    index[index == classes] = 255
    labels = np.repeat(np.repeat(index, 4, axis=1), 4, axis=2)
    return images, torch.tensor(labels)


# ---------------------------------------------------------------- layers (NCHW inside)


class Weights:
    """Weights by name in TensorFlow's layout, made when first asked for."""

    def __init__(self):
        self.values = {}

    def get(self, name, shape, trainable=True):
        if name not in self.values:
            self.values[name] = initial(name, shape).requires_grad_(trainable)
        assert tuple(self.values[name].shape) == tuple(shape), name
        return self.values[name]

    def trainable(self):
        return {n: w for n, w in self.values.items() if w.requires_grad}


def same_padding(length, kernel, stride):
    total = max((math.ceil(length / stride) - 1) * stride + kernel - length, 0)
    return total // 2, total - total // 2


def conv(ws, x, name, filters, kernel, stride=1, padding="same", relu=False, bias=True):
    w = ws.get(name + "/kernel", (kernel, kernel, x.shape[1], filters))
    b = ws.get(name + "/bias", (filters,)) if bias else None
    if padding == "same":
        top, bottom = same_padding(x.shape[2], kernel, stride)
        left, right = same_padding(x.shape[3], kernel, stride)
        x = F.pad(x, (left, right, top, bottom))
    y = F.conv2d(x, w.permute(3, 2, 0, 1), b, stride=stride)
    return F.relu(y) if relu else y


def batch_norm(ws, x, name, mode, eps=BN_EPSILON):
    """mode: 'infer' (moving statistics), 'train' (batch's), 'move' (batch's, and moving ones move)."""
    c = x.shape[1]
    gamma, beta = ws.get(name + "/gamma", (c,)), ws.get(name + "/beta", (c,))
    mean = ws.get(name + "/moving_mean", (c,), trainable=False)
    var = ws.get(name + "/moving_variance", (c,), trainable=False)
    if mode != "infer":
        batch_mean = x.mean((0, 2, 3))
        batch_var = ((x - batch_mean[:, None, None]) ** 2).mean((0, 2, 3))
        if mode == "move":
            with torch.no_grad():
                mean.mul_(BN_MOMENTUM).add_((1 - BN_MOMENTUM) * batch_mean)
                var.mul_(BN_MOMENTUM).add_((1 - BN_MOMENTUM) * batch_var)
        mean, var = batch_mean, batch_var
    shape = (1, c, 1, 1)
    y = (x - mean.reshape(shape)) / torch.sqrt(var.reshape(shape) + eps)
    return y * gamma.reshape(shape) + beta.reshape(shape)


def resize(x, height, width):
    return F.interpolate(x, size=(height, width), mode="bilinear", align_corners=False)


def channels(n, width):
    return max(4, int(math.floor(n * width + 0.5)))


# ---------------------------------------------------------------- networks


VGG = {"vgg16": [2, 2, 3, 3, 3], "vgg19": [2, 2, 4, 4, 4]}


def fcn(ws, x, classes, width, backbone="vgg16", stride=8, skips=(0.01, 0.0001)):
    pools = []
    for block, count in enumerate(VGG[backbone]):
        n = channels([64, 128, 256, 512, 512][block], width)
        for i in range(count):
            x = conv(ws, x, f"block{block + 1}_conv{i + 1}", n, 3, relu=True)
        x = F.max_pool2d(x, 2, 2)
        pools.append(x)
    n = channels(4096, width)
    x = conv(ws, x, "fc6", n, 7, relu=True)
    x = conv(ws, x, "fc7", n, 1, relu=True)
    x = conv(ws, x, "score_fr", classes, 1)
    if stride <= 16:
        x = resize(x, 2 * x.shape[2], 2 * x.shape[3])
        x = x + conv(ws, skips[0] * pools[3], "score_pool4", classes, 1)
    if stride == 8:
        x = resize(x, 2 * x.shape[2], 2 * x.shape[3])
        x = x + conv(ws, skips[1] * pools[2], "score_pool3", classes, 1)
    k = 2 * stride
    w = ws.get(f"upscore{stride}/kernel", (k, k, classes, classes))
    return F.conv_transpose2d(x, w.permute(3, 2, 0, 1), stride=stride, padding=stride // 2)


def fcn_berkeley(ws, x, classes, width, stride=8, skips=(0.01, 0.0001)):
    """Berkeley's layout to the letter: padding 100, ceiling pools, unpadded transposed convolutions
    with fixed bilinear kernels, crops at 5, 9 and 31 (27, 19)."""
    size = x.shape[2:]
    pools = []
    for block, count in enumerate(VGG["vgg16"]):
        n = channels([64, 128, 256, 512, 512][block], width)
        for i in range(count):
            name = f"block{block + 1}_conv{i + 1}"
            if block == i == 0:
                x = conv(ws, F.pad(x, (100,) * 4), name, n, 3, padding="valid", relu=True)
            else:
                x = conv(ws, x, name, n, 3, relu=True)
        x = F.max_pool2d(x, 2, 2, ceil_mode=True)
        pools.append(x)
    n = channels(4096, width)
    x = conv(ws, x, "fc6", n, 7, padding="valid", relu=True)
    x = conv(ws, x, "fc7", n, 1, relu=True)
    x = conv(ws, x, "score_fr", classes, 1)

    tap = torch.tensor([0.25, 0.75, 0.75, 0.25])
    double = torch.zeros(classes, classes, 4, 4)
    for c in range(classes):
        double[c, c] = tap[:, None] * tap[None, :]

    def cut(big, small_size, offset):
        return big[:, :, offset : offset + small_size[0], offset : offset + small_size[1]]

    if stride <= 16:
        x = F.conv_transpose2d(x, double, stride=2)
        x = x + cut(conv(ws, skips[0] * pools[3], "score_pool4", classes, 1), x.shape[2:], 5)
    if stride == 8:
        x = F.conv_transpose2d(x, double, stride=2)
        x = x + cut(conv(ws, skips[1] * pools[2], "score_pool3", classes, 1), x.shape[2:], 9)
    w = ws.get(f"upscore{stride}/kernel", (2 * stride, 2 * stride, classes, classes))
    x = F.conv_transpose2d(x, w.permute(3, 2, 0, 1), stride=stride)
    return cut(x, size, {8: 31, 16: 27, 32: 19}[stride])


def resnet(ws, x, classes, width, mode, depth=50, variant="v1"):
    def block_conv(x, name, filters, kernel, stride, relu):
        if kernel == 3:
            x = F.pad(x, (1, 1, 1, 1))
        y = conv(ws, x, name + "_conv", filters, kernel, stride, padding="valid")
        y = batch_norm(ws, y, name + "_bn", mode)
        return F.relu(y) if relu else y

    x = conv(ws, F.pad(x, (3,) * 4), "conv1_conv", channels(64, width), 7, 2, padding="valid")
    x = F.relu(batch_norm(ws, x, "conv1_bn", mode))
    x = F.max_pool2d(F.pad(x, (1,) * 4), 3, 2)
    for stage, blocks in enumerate({50: [3, 4, 6, 3], 101: [3, 4, 23, 3]}[depth]):
        n = channels(64 * 2**stage, width)
        for i in range(blocks):
            name = f"conv{stage + 2}_block{i + 1}"
            stride = 2 if stage > 0 and i == 0 else 1
            first, middle = (stride, 1) if variant == "v1" else (1, stride)
            shortcut = block_conv(x, name + "_0", 4 * n, 1, stride, False) if i == 0 else x
            y = block_conv(x, name + "_1", n, 1, first, True)
            y = block_conv(y, name + "_2", n, 3, middle, True)
            y = block_conv(y, name + "_3", 4 * n, 1, 1, False)
            x = F.relu(shortcut + y)
    return conv(ws, x, "score", classes, 1)


def unet(ws, x, classes, width, mode):
    """U-Net with batch norm and learned 2x2 up-convolutions (Ronneberger et al. 2015)."""

    def double_conv(x, name, n):
        for i in (1, 2):
            x = conv(ws, x, f"{name}_conv{i}", n, 3, bias=False)
            x = F.relu(batch_norm(ws, x, f"{name}_bn{i}", mode, eps=1e-5))
        return x

    skips = []
    for level in range(5):
        x = F.max_pool2d(x, 2) if level > 0 else x
        x = double_conv(x, f"enc{level + 1}", channels(64 * 2**level, width))
        skips.append(x)
    for i, skip in enumerate(reversed(skips[:-1])):
        n = skip.shape[1]
        w = ws.get(f"dec{i + 1}_up/kernel", (2, 2, n, x.shape[1]))
        b = ws.get(f"dec{i + 1}_up/bias", (n,))
        x = F.conv_transpose2d(x, w.permute(3, 2, 0, 1), b, stride=2)
        x = double_conv(torch.cat([skip, x], 1), f"dec{i + 1}", n)
    return conv(ws, x, "score", classes, 1)


def discriminator(ws, x, width, mode, last_stride=2):
    for i, n in enumerate([64, 128, 256, 512]):
        x = conv(ws, x, f"d_conv{i + 1}", channels(n, width), 4, 2)
        if i > 0:
            x = batch_norm(ws, x, f"d_bn{i + 1}", mode)
        x = F.leaky_relu(x, 0.2)
    return conv(ws, x, "d_conv5", 1, 4, last_stride)


# ---------------------------------------------------------------- Algorithm 1


def masked_mean(error, mask):
    return (error * mask).sum() / mask.sum()


class Run:
    """One training run of Algorithm 1 on one batch, step by step."""

    def __init__(self, case):
        self.case = case
        self.g, self.d = Weights(), Weights()
        self.velocity, self.m, self.v, self.t = {}, {}, {}, 0
        b, h, w = case["batch"]
        images, self.labels = batch(case["network"], b, h, w, case["classes"])
        self.x = images.permute(0, 3, 1, 2)
        self.mask = (self.labels != 255).to(torch.get_default_dtype())[:, None]
        self.onehot = torch.stack(
            [(self.labels == c).to(torch.get_default_dtype()) for c in range(case["classes"])], dim=1
        )
        with torch.no_grad():  # make all weights, moving nothing
            self.network("train")
            if case["enabled"]:
                self.discriminate(self.onehot, "train")
        self.g0 = {n: w.detach().clone() for n, w in self.g.values.items()}
        self.d0 = {n: w.detach().clone() for n, w in self.d.values.items()}

    def network(self, mode):
        case = self.case
        if case["network"] == "resnet50":
            return resnet(self.g, self.x, case["classes"], case["width"], mode)
        if case["network"] == "unet":
            return unet(self.g, self.x, case["classes"], case["width"], mode)
        return fcn(self.g, self.x, case["classes"], case["width"], skips=case["skipScales"])

    def map(self, z, temperature):
        """p_T at the size of the image: FCN upsamples first, ResNet-50 takes the softmax first."""
        height, width = self.x.shape[2:]
        if self.case["upsampleOrder"] == "probabilities":
            return resize(F.softmax(z / temperature, 1), height, width)
        return F.softmax(resize(z, height, width) / temperature, 1)

    def discriminate(self, maps, mode):
        """D's logits and output at the size of the maps."""
        if self.case["options"].get("maskInputs"):
            maps = maps * self.mask
        logits = discriminator(self.d, maps, self.case["discriminatorWidth"], mode)
        logits = resize(logits, *maps.shape[2:])
        return logits, torch.sigmoid(logits)

    def error(self, outputs, target):
        logits, output = outputs
        if self.case["loss"] == "lsgan":
            return (output - target) ** 2 / 2
        return -F.logsigmoid(logits) if target == 1 else -F.logsigmoid(-logits)

    def mean(self, outputs, target):
        if self.case["options"].get("validMask") == "output":
            logits, output = outputs
            return self.error((logits, output * self.mask), target).mean()
        return masked_mean(self.error(outputs, target), self.mask)

    def seg(self, z, temperature):
        p = self.map(z, temperature)
        if self.case["options"].get("segmentationLoss") == "bce-per-class":
            terms = self.onehot * torch.log(p + EPSILON)
            terms = terms + (1 - self.onehot) * torch.log(1 - p + EPSILON)
            return masked_mean(-terms.sum(1, keepdim=True), self.mask)
        if self.case["upsampleOrder"] == "probabilities":
            log_p = torch.log((p * self.onehot).sum(1, keepdim=True) + EPSILON)
        else:
            height, width = self.x.shape[2:]
            log_p = F.log_softmax(resize(z, height, width) / temperature, 1)
            log_p = (log_p * self.onehot).sum(1, keepdim=True)
        return masked_mean(-log_p, self.mask)

    def step(self):
        case, options, logs = self.case, self.case["options"], {}
        adversarial, tg, td = case["enabled"], case["tg"], case["td"]
        late = options.get("lgTiming") == "after"

        z = self.network("move")
        if adversarial and late:
            self.step_discriminator(z, td, logs)
        loss = logs["loss/seg"] = self.seg(z, tg)
        if adversarial:
            mode = "infer" if options.get("frozenBatchNorm") else "train"
            logs["loss/gen"] = self.mean(self.discriminate(self.map(z, tg), mode), 1)
            loss = loss + case["weight"] * logs["loss/gen"]

        weights = self.g.trainable()
        decayed = {
            n: w for n, w in weights.items() if options.get("weightDecayOn") == "all" or n.endswith("kernel")
        }
        l2 = case["weightDecay"]
        logs["loss/l2"] = l2 / 2 * sum((w**2).sum() for w in decayed.values())
        logs["loss/total"] = loss + logs["loss/l2"]
        objective = loss if options.get("decoupled") else logs["loss/total"]
        gradients = torch.autograd.grad(objective, list(weights.values()), retain_graph=True)
        if adversarial and not late:  # L_G above saw D as it was before this
            self.step_discriminator(z, td, logs)
        with torch.no_grad():
            for (name, w), g in zip(weights.items(), gradients):
                v = self.velocity[name] = case["momentum"] * self.velocity.get(name, 0) + g
                move = g + case["momentum"] * v if options.get("nesterov") else v
                shrink = case["lr"] * l2 if options.get("decoupled") and name in decayed else 0
                w.mul_(1 - shrink).sub_(case["lr"] * move)
        return {key: float(value) for key, value in logs.items()}

    def step_discriminator(self, z, td, logs):
        case = self.case
        for _ in range(case["options"].get("discriminatorSteps", 1)):
            real = self.discriminate(self.onehot, "move")
            fake = self.discriminate(self.map(z, td).detach(), "move")
            loss = logs["loss/d"] = self.mean(real, 1) + self.mean(fake, 0)
            if case["options"].get("validMask") != "output":
                logs["d/real"] = masked_mean(real[1], self.mask)
                logs["d/fake"] = masked_mean(fake[1], self.mask)
            weights = self.d.trainable()
            gradients = torch.autograd.grad(loss, list(weights.values()))
            self.t += 1
            b1, b2, t = case["beta1"], case["beta2"], self.t
            with torch.no_grad():
                for (name, w), g in zip(weights.items(), gradients):
                    m = self.m[name] = b1 * self.m.get(name, 0) + (1 - b1) * g
                    v = self.v[name] = b2 * self.v.get(name, 0) + (1 - b2) * g * g
                    scale = torch.sqrt(v / (1 - b2**t)) + case["eps"]
                    w.sub_(case["lrD"] * (m / (1 - b1**t)) / scale)

    def snapshot(self):
        return {"segmentation": summary(self.g, self.g0), "discriminator": summary(self.d, self.d0)}


def summary(ws, before):
    """Seven float32 per weight, in base64: largest |w|, norm of the change since the start, its
    product with a random vector, and four values at random places."""
    out = {}
    for name, w in ws.values.items():
        flat, old = w.detach().flatten(), before[name].flatten()
        change = flat - old
        direction = torch.tensor(uniform(name + "/direction", flat.numel()))
        places = ((uniform(name + "/places", 4) + 1) / 2 * flat.numel()).astype(int)
        values = [flat.abs().max(), change.norm(), change @ direction, *flat[places]]
        out[name] = encode(values)
    return out


def encode(values):
    return base64.b64encode(np.array([float(v) for v in values], dtype="<f4").tobytes()).decode()


def step_cases():
    common = {
        "classes": 3, "tg": 0.5, "td": 2, "momentum": 0.9, "weightDecay": 0.005,
        "lrD": 0.001, "beta1": 0.5, "beta2": 0.999, "eps": 0.001, "discriminatorWidth": 1 / 16,
        "options": {}, "count": 5,
    }  # fmt: skip
    # Rates at which no ReLU sits so near its kink that rounding decides the gradient: PyTorch
    # itself, with weights disturbed by one in a million, then gives the same weights to 5e-5.
    networks = {
        "fcn8s-vgg16": {
            "upsampleOrder": "logits", "width": 1 / 32, "batch": [2, 64, 32], "lr": 0.01, "skipScales": [0.5, 0.25],
        },
        "resnet50": {"upsampleOrder": "probabilities", "width": 1 / 16, "batch": [2, 64, 96], "lr": 0.001},
    }  # fmt: skip
    steady = {"fcn8s-vgg16 temperature lsgan": 0.3, "resnet50 temperature bce": 0.25}
    plain = {"tg": 1, "td": 1}
    for network, settings in networks.items():
        base = {**common, **settings, "network": network, "enabled": True}
        yield {**base, **plain, "name": f"{network} baseline", "enabled": False, "loss": "lsgan",
               "weight": 0}  # fmt: skip
        for loss in ("lsgan", "bce"):
            for kind, temperatures in (("adversarial", plain), ("temperature", {})):
                name = f"{network} {kind} {loss}"
                yield {**base, **temperatures, "name": name, "loss": loss,
                       "weight": steady.get(name, 0.5)}  # fmt: skip
    base = {**common, **networks["fcn8s-vgg16"], "network": "fcn8s-vgg16", "enabled": True,
            "weight": 0.3}  # fmt: skip
    variants = {
        "lgTiming after": {"lgTiming": "after"},
        "validMask output": {"validMask": "output"},
        "maskInputs": {"maskInputs": True},
        "frozenBatchNorm": {"frozenBatchNorm": True},
        "three discriminator steps": {"discriminatorSteps": 3},
        "segmentationLoss bce-per-class": {"segmentationLoss": "bce-per-class"},
        "weightDecayOn all": {"weightDecayOn": "all"},
        "decay decoupled": {"decoupled": True},
        "nesterov": {"nesterov": True},
    }
    for name, options in variants.items():
        yield {**base, "name": f"fcn8s-vgg16 {name}", "loss": "lsgan", "options": options,
               "count": 2}  # fmt: skip
    yield {**common, **networks["resnet50"], "network": "resnet50", "enabled": True,
           "name": "resnet50 upsampleOrder logits", "loss": "lsgan", "upsampleOrder": "logits",
           "count": 2, "weight": 0.25}  # fmt: skip
    yield {**common, "network": "unet", "upsampleOrder": "logits", "width": 1 / 16,
           "batch": [2, 64, 32], "lr": 0.001, "enabled": True, "loss": "lsgan",
           "name": "unet temperature lsgan", "count": 1, "weight": 0.3}  # fmt: skip


def make_steps():
    cases = []
    for case in step_cases():
        run = Run(case)
        steps = case["count"]
        losses, snapshots = [], {}
        for step in range(1, steps + 1):
            losses.append({key: float(f"{value:.9g}") for key, value in run.step().items()})
            if step in (1, steps):
                snapshots[step] = run.snapshot()
        print(f"{case['name']:40} " + " ".join(f"{log['loss/total']:.4f}" for log in losses))
        cases.append({**case, "steps": losses, "weights": snapshots})
    write("steps.json", {"cases": cases})


# ---------------------------------------------------------------- networks and layers alone


def make_networks():
    """Logits of each network for one batch, as a summary."""
    classes = 3
    cases = []

    def add(name, size, forward, **settings):
        images, _ = batch(name, 2, *size, classes)
        with torch.no_grad():
            y = forward(Weights(), images.permute(0, 3, 1, 2)).permute(0, 2, 3, 1).flatten()
        places = ((uniform(name + "/places", 24) + 1) / 2 * y.numel()).astype(int)
        values = [y.abs().max(), y.norm(), *y[places]]
        cases.append({"name": name, "size": size, "classes": classes, **settings,
                      "count": y.numel(), "logits": encode(values)})  # fmt: skip
        print(f"{name:40} |logits| {float(y.abs().max()):.4f}")

    w, skips = 1 / 32, (0.5, 0.25)
    for backbone in ("vgg16", "vgg19"):
        for stride in (8, 16, 32):
            name = f"fcn{stride}s-{backbone}"
            add(name, [64, 32], lambda ws, x: fcn(ws, x, classes, w, backbone, stride, skips),
                network=name, width=w, skipScales=skips)  # fmt: skip
    for stride in (8, 16, 32):
        name = f"fcn{stride}s-vgg16"
        add(name + " padding 100", [64, 32],
            lambda ws, x: fcn_berkeley(ws, x, classes, w, stride, skips),
            network=name, width=w, skipScales=skips, padding=100)  # fmt: skip
    for depth in (50, 101):
        for variant in ("v1", "v1.5"):
            add(f"resnet{depth} {variant}", [64, 96],
                lambda ws, x: resnet(ws, x, classes, 1 / 16, "infer", depth, variant),
                network=f"resnet{depth}", width=1 / 16, variant=variant)  # fmt: skip
    add("unet", [64, 48], lambda ws, x: unet(ws, x, classes, 1 / 16, "infer"),
        network="unet", width=1 / 16)  # fmt: skip
    write("networks.json", {"cases": cases})


def make_layers():
    """Small layers in full: where TensorFlow, PyTorch and JavaScript like to differ by a pixel."""
    cases = []

    def values(name, *shape):
        return torch.tensor(uniform(name, int(np.prod(shape))).reshape(shape))

    def add(name, y, **settings):
        y = y.permute(0, 2, 3, 1)
        cases.append({"name": name, **settings, "shape": list(y.shape), "output": encode(y.flatten())})

    for h, w, factor in ((2, 3, 2), (3, 2, 4), (1, 2, 32)):
        name = f"resize {h}x{w} x{factor}"
        x = values(name, 1, h, w, 2).permute(0, 3, 1, 2)
        add(name, resize(x, h * factor, w * factor), input=[1, h, w, 2], factor=factor)
    for h, w, kernel, stride in ((6, 8, 4, 2), (7, 5, 4, 2), (6, 6, 3, 2), (5, 5, 4, 1), (4, 6, 7, 1)):
        name = f"conv same {h}x{w} {kernel} /{stride}"
        x = values(name, 1, h, w, 2).permute(0, 3, 1, 2)
        add(name, conv(Weights(), x, "conv", 3, kernel, stride), input=[1, h, w, 2], kernel=kernel,
            stride=stride)  # fmt: skip
    for h, w, stride in ((2, 3, 2), (1, 2, 8)):
        name = f"transposed {h}x{w} x{stride}"
        x = values(name, 1, h, w, 2).permute(0, 3, 1, 2)
        k = Weights().get("upscore/kernel", (2 * stride, 2 * stride, 3, 2))
        y = F.conv_transpose2d(x, k.permute(3, 2, 0, 1), stride=stride, padding=stride // 2)
        add(name, y, input=[1, h, w, 2], stride=stride)
    for mode in ("move", "infer"):
        ws = Weights()
        x = values("norm", 2, 3, 2, 4).permute(0, 3, 1, 2)
        y = batch_norm(ws, x, "bn", mode)
        moved = encode([*ws.values["bn/moving_mean"], *ws.values["bn/moving_variance"]])
        add(f"norm {mode}", y, input=[2, 3, 2, 4], moved=moved)
    write("layers.json", {"cases": cases})


def write(name, value):
    OUT.mkdir(parents=True, exist_ok=True)
    path = OUT / name
    path.write_text(json.dumps(value, separators=(",", ":")).replace('{"name"', '\n{"name"') + "\n")
    print(f"{path}: {path.stat().st_size} bytes")


if __name__ == "__main__":
    make_layers()
    make_networks()
    make_steps()
