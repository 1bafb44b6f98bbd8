#!/usr/bin/env python3
"""Small weight files as others publish them, with what their networks give, for tests/weights.

The networks are VGG-16 and 19 and ResNet-50, 101 and 152 with few channels, under the real names, written by the real
libraries: PyTorch's torch.save, h5py as Keras uses it, numpy.savez. What they give is computed here
by PyTorch in double precision, with each origin's own flatten order. Needs Debian's python3-torch,
python3-h5py and python3-numpy. Run from the root of the repository:

    /usr/bin/python3 tasks/make_weight_fixtures.py

Images are not stored: `uniform` and the same function in tests/support/golden_numbers.ts give the same numbers.
Files of many small data sets compress well, so HDF5 and the zips of deep nets are kept as .gz.
Of the deepest nets only what they give is kept.
"""

import gzip
import io
import json
import warnings
from collections import OrderedDict
from pathlib import Path

import h5py
import numpy as np
import torch
import torch.nn.functional as F

from make_goldens import uniform

warnings.filterwarnings("ignore")
OUT = Path(__file__).resolve().parent.parent / "fixtures" / "weights"
CONVS = {16: [2, 2, 3, 3, 3], 19: [2, 2, 4, 4, 4]}
STAGES = {50: [3, 4, 6, 3], 101: [3, 4, 23, 3], 152: [3, 8, 36, 3]}
WIDTH = 4  # channels of all convolutions of VGG, and of a ResNet's bottlenecks


def values(name, shape):
    """Values of a weight by its name, float32."""
    u = uniform(name, int(np.prod(shape))).reshape(shape)
    if len(shape) > 1:
        u = u * np.sqrt(6 / np.prod(shape[1:]))  # out first: He's range
    elif name.endswith(("gamma", "variance")):
        u = 1 + u / 4
    elif "fc" in name:
        u = 1 + u / 4  # so that few of the outputs are zero
    else:
        u = u / 4
    return u.astype(np.float32)


def image(side):
    return torch.tensor(2 * uniform("image", side * side * 3).reshape(1, side, side, 3)).permute(0, 3, 1, 2)


def relu_conv(x, w, name):
    kernel, bias = (torch.tensor(w[f"{name}/{part}"]).double() for part in ("kernel", "bias"))
    return F.relu(F.conv2d(x, kernel, bias, padding="same"))


# ---------------------------------------------------------------- VGG


def vgg_weights(origin, depth=16):
    """PyTorch's shapes: [out, in, h, w], [out, in]."""
    w, channels = OrderedDict(), 3
    for block, convs in enumerate(CONVS[depth], 1):
        for conv in range(1, convs + 1):
            w[f"block{block}_conv{conv}/kernel"] = (WIDTH, channels, 3, 3)
            w[f"block{block}_conv{conv}/bias"] = (WIDTH,)
            channels = WIDTH
    w["fc6/kernel"], w["fc6/bias"] = (WIDTH, 49 * WIDTH), (WIDTH,)
    w["fc7/kernel"], w["fc7/bias"] = (WIDTH, WIDTH), (WIDTH,)
    w["fc8/kernel"], w["fc8/bias"] = (10, WIDTH), (10,)
    return OrderedDict((name, values(origin + name, shape)) for name, shape in w.items())


def vgg_fc7(w, channel_last, depth=16):
    """fc7 of a classifier at 224x224, where pool5 is 7x7 and fc6 sees all of it."""
    x = image(224)
    for block, convs in enumerate(CONVS[depth], 1):
        for conv in range(1, convs + 1):
            x = relu_conv(x, w, f"block{block}_conv{conv}")
        x = F.max_pool2d(x, 2)
    x = (x.permute(0, 2, 3, 1) if channel_last else x).reshape(1, -1)
    for name in ("fc6", "fc7"):
        kernel, bias = (torch.tensor(w[f"{name}/{part}"]).double() for part in ("kernel", "bias"))
        x = F.relu(F.linear(x, kernel, bias))
    return x[0].tolist()


def torch_vgg(w, depth=16):
    names, index = {"fc6": "classifier.0", "fc7": "classifier.3", "fc8": "classifier.6"}, 0
    for block, convs in enumerate(CONVS[depth], 1):
        for conv in range(1, convs + 1):
            names[f"block{block}_conv{conv}"] = f"features.{index}"
            index += 2
        index += 1
    part = {"kernel": "weight", "bias": "bias"}
    return OrderedDict(
        (f"{names[k.split('/')[0]]}.{part[k.split('/')[1]]}", torch.tensor(v)) for k, v in w.items()
    )


def timm_vgg(w, depth):
    """timm keeps torchvision's features and makes convolutions of fc6 and fc7."""
    own = {"classifier.0": "pre_logits.fc1", "classifier.3": "pre_logits.fc2", "classifier.6": "head.fc"}
    state = OrderedDict()
    for name, v in torch_vgg(w, depth).items():
        layer, part = name.rsplit(".", 1)
        if layer == "classifier.0" and part == "weight":
            v = v.reshape(WIDTH, WIDTH, 7, 7)
        if layer == "classifier.3" and part == "weight":
            v = v[:, :, None, None]
        state[f"{own.get(layer, layer)}.{part}"] = v
    return state


def tensorflow_layout(v):
    return np.ascontiguousarray(v.transpose(2, 3, 1, 0) if v.ndim == 4 else v.T)


def keras_vgg(w, path):
    """As vgg16_weights_tf_dim_ordering_tf_kernels.h5: layer groups, names of Keras 1."""
    layers = OrderedDict()
    for name, v in w.items():
        layer, part = name.split("/")
        layer = {"fc6": "fc1", "fc7": "fc2", "fc8": "predictions"}.get(layer, layer)
        layers.setdefault(layer, {})[f"{layer}_{'W' if part == 'kernel' else 'b'}_1:0"] = v
    with h5py.File(path, "w") as f:
        f.attrs["layer_names"] = [name.encode() for name in layers]
        for layer, parts in layers.items():
            group = f.create_group(layer)
            group.attrs["weight_names"] = [name.encode() for name in parts]
            for name, v in parts.items():
                group.create_dataset(name, data=tensorflow_layout(v))


def numpy_vgg(w, path):
    arrays = {}
    for name, v in w.items():
        layer, part = name.split("/")
        key = layer.replace("block", "conv").replace("_conv", "_")
        arrays[f"{key}_{'W' if part == 'kernel' else 'b'}"] = tensorflow_layout(v)
    arrays["conv1_2_W"] = np.asfortranarray(arrays["conv1_2_W"])
    np.savez_compressed(path, **arrays)


# ---------------------------------------------------------------- ResNet


def resnet_layers(depth):
    """Keras' name, torchvision's name, filters, channels and side of each convolution."""
    yield "conv1", "conv1", "bn1", WIDTH, 3, 7
    channels = WIDTH
    for stage, blocks in enumerate(STAGES[depth]):
        for block in range(blocks):
            name, own = f"conv{stage + 2}_block{block + 1}", f"layer{stage + 1}.{block}"
            if block == 0:
                yield f"{name}_0", f"{own}.downsample.0", f"{own}.downsample.1", 4 * WIDTH, channels, 1
            yield f"{name}_1", f"{own}.conv1", f"{own}.bn1", WIDTH, channels, 1
            yield f"{name}_2", f"{own}.conv2", f"{own}.bn2", WIDTH, WIDTH, 3
            yield f"{name}_3", f"{own}.conv3", f"{own}.bn3", 4 * WIDTH, WIDTH, 1
            channels = 4 * WIDTH


NORM = ("gamma", "beta", "moving_mean", "moving_variance")


def resnet_weights(origin, biases, depth=50):
    w = OrderedDict()
    for name, _, _, filters, channels, side in resnet_layers(depth):
        w[f"{name}_conv/kernel"] = (filters, channels, side, side)
        if biases:
            w[f"{name}_conv/bias"] = (filters,)
        for part in NORM:
            w[f"{name}_bn/{part}"] = (filters,)
    return OrderedDict((name, values(origin + name, shape)) for name, shape in w.items())


def resnet_features(w, variant, epsilon, depth=50):
    """The last map at 64x64, channel last."""

    def conv_norm(x, name, stride, relu):
        get = lambda key: torch.tensor(w[f"{name}_{key}"]).double() if f"{name}_{key}" in w else None
        kernel = get("conv/kernel")
        x = F.conv2d(x, kernel, get("conv/bias"), stride=stride, padding=kernel.shape[-1] // 2)
        gamma, beta, mean, variance = (get(f"bn/{part}") for part in NORM)
        x = F.batch_norm(x, mean, variance, gamma, beta, False, 0, epsilon)
        return F.relu(x) if relu else x

    x = F.max_pool2d(conv_norm(image(64), "conv1", 2, True), 3, 2, padding=1)
    for stage, blocks in enumerate(STAGES[depth]):
        for block in range(blocks):
            name = f"conv{stage + 2}_block{block + 1}"
            stride = 2 if stage > 0 and block == 0 else 1
            first, middle = (stride, 1) if variant == "v1" else (1, stride)
            shortcut = conv_norm(x, f"{name}_0", stride, False) if block == 0 else x
            y = conv_norm(x, f"{name}_1", first, True)
            y = conv_norm(y, f"{name}_2", middle, True)
            x = F.relu(conv_norm(y, f"{name}_3", 1, False) + shortcut)
    return x[0].permute(1, 2, 0).reshape(-1).tolist()


def torch_resnet(w):
    """A checkpoint of a training script: nested, wrapped in DataParallel, half of it in one storage."""
    state = OrderedDict()
    parts = dict(zip(NORM, ("weight", "bias", "running_mean", "running_var")))
    for name, conv, norm, *_ in resnet_layers(50):
        # channels_last: strides that are not those of the shape
        kernel = torch.tensor(w[f"{name}_conv/kernel"]).contiguous(memory_format=torch.channels_last)
        state[f"module.{conv}.weight"] = kernel
        four = torch.tensor(np.stack([w[f"{name}_bn/{part}"] for part in NORM]))
        for i, part in enumerate(NORM):
            state[f"module.{norm}.{parts[part]}"] = four[i]
        state[f"module.{norm}.num_batches_tracked"] = torch.tensor(7)
    state["module.fc.weight"] = torch.zeros(10, 4 * WIDTH).half()
    state["module.fc.bias"] = torch.zeros(10).half()
    return {"epoch": 3, "lr": 0.1, "best": None, "state_dict": state}


def keras_resnet(w, path):
    """As resnet50_weights_tf_dim_ordering_tf_kernels.h5 of 2018, inside a whole saved model."""
    with h5py.File(path, "w") as f:
        f.create_group("optimizer_weights").create_dataset("iterations:0", data=np.int64(3))
        root = f.create_group("model_weights")
        layers = list(OrderedDict.fromkeys(name.split("/")[0] for name in w))
        root.attrs["layer_names"] = [name.encode() for name in layers]
        for name, v in w.items():
            layer, part = name.split("/")
            root.create_dataset(f"{layer}/{layer}/{part}:0", data=tensorflow_layout(v))


# ---------------------------------------------------------------- U-Net


class DoubleConv(torch.nn.Module):
    def __init__(self, channels, filters):
        super().__init__()
        layers = []
        for c in (channels, filters):
            layers += [torch.nn.Conv2d(c, filters, 3, padding=1, bias=False), torch.nn.BatchNorm2d(filters),
                       torch.nn.ReLU()]  # fmt: skip
        self.double_conv = torch.nn.Sequential(*layers)

    def forward(self, x):
        return self.double_conv(x)


class Down(torch.nn.Module):
    def __init__(self, channels, filters):
        super().__init__()
        self.maxpool_conv = torch.nn.Sequential(torch.nn.MaxPool2d(2), DoubleConv(channels, filters))

    def forward(self, x):
        return self.maxpool_conv(x)


class Up(torch.nn.Module):
    def __init__(self, channels, skip):
        super().__init__()
        self.up = torch.nn.ConvTranspose2d(channels, skip, 2, stride=2)
        self.conv = DoubleConv(2 * skip, skip)

    def forward(self, x, skip):
        return self.conv(torch.cat([skip, self.up(x)], 1))


class OutConv(torch.nn.Module):
    def __init__(self, channels, classes):
        super().__init__()
        self.conv = torch.nn.Conv2d(channels, classes, 1)


class UNet(torch.nn.Module):
    """The modules of Pytorch-UNet, whose names its checkpoints have."""

    def __init__(self, levels, classes):
        super().__init__()
        self.inc = DoubleConv(3, levels[0])
        for i in range(1, 5):
            setattr(self, f"down{i}", Down(levels[i - 1], levels[i]))
            setattr(self, f"up{i}", Up(levels[5 - i], levels[4 - i]))
        self.outc = OutConv(levels[0], classes)

    def forward(self, x):
        maps = [self.inc(x)]
        for i in range(1, 5):
            maps.append(getattr(self, f"down{i}")(maps[-1]))
        x = maps.pop()
        for i in range(1, 5):
            x = getattr(self, f"up{i}")(x, maps.pop())
        return self.outc.conv(x)


def torch_unet(levels, classes):
    """A state dict of random weights, and the logits of an image of 32x32, channel last."""
    model = UNet(levels, classes)
    state = model.state_dict()
    for name, v in state.items():
        if v.is_floating_point():
            own = name.replace("running_var", "variance") + ("/gamma" if v.dim() == 1 and ".weight" in name else "")
            v.copy_(torch.tensor(values("unet/" + own, tuple(v.shape)) * 4).round() / 4)  # packs well
    with torch.no_grad():
        y = model.double().eval()(image(32))
    return OrderedDict((k, v.float() if v.is_floating_point() else v) for k, v in model.state_dict().items()), y


def write_gz(name, data):
    (OUT / name).write_bytes(gzip.compress(data, 9, mtime=0))


def main():
    OUT.mkdir(parents=True, exist_ok=True)
    expected, scratch = {}, OUT / "scratch"

    w = vgg_weights("torch/")
    torch.save(torch_vgg(w), OUT / "vgg16.pth")
    expected["vgg16.pth"] = vgg_fc7(w, channel_last=False)

    w = vgg_weights("keras/")
    keras_vgg(w, scratch)
    write_gz("vgg16.h5.gz", scratch.read_bytes())
    expected["vgg16.h5.gz"] = vgg_fc7(w, channel_last=True)

    w = vgg_weights("numpy/")
    numpy_vgg(w, OUT / "vgg16.npz")
    expected["vgg16.npz"] = vgg_fc7(w, channel_last=True)

    w = resnet_weights("torch/", biases=False)
    buffer = io.BytesIO()
    torch.save(torch_resnet(w), buffer)
    write_gz("resnet50.pth.gz", buffer.getvalue())
    expected["resnet50.pth.gz"] = resnet_features(w, "v1.5", 1e-5)

    w = resnet_weights("keras/", biases=True)
    keras_resnet(w, scratch)
    write_gz("resnet50.h5.gz", scratch.read_bytes())
    expected["resnet50.h5.gz"] = resnet_features(w, "v1", 1.001e-5)

    w = vgg_weights("timm/", 19)
    buffer = io.BytesIO()
    torch.save(timm_vgg(w, 19), buffer)
    write_gz("vgg19.timm.pth.gz", buffer.getvalue())
    expected["vgg19.timm.pth.gz"] = vgg_fc7(w, channel_last=False, depth=19)

    w = vgg_weights("keras/", 19)
    keras_vgg(w, scratch)
    write_gz("vgg19.h5.gz", scratch.read_bytes())
    expected["vgg19.h5.gz"] = vgg_fc7(w, channel_last=True, depth=19)

    state, logits = torch_unet([4, 4, 4, 8, 16], 3)
    buffer = io.BytesIO()
    torch.save(state, buffer)
    write_gz("unet.pth.gz", buffer.getvalue())
    expected["unet.pth.gz"] = logits[0].permute(1, 2, 0).reshape(-1)[::29].tolist()

    # Large as files, so tests/weights/origins_test.ts writes these by the same formula
    for depth in (101, 152):
        w = resnet_weights("torch/", False, depth)
        expected[f"resnet{depth}.safetensors"] = resnet_features(w, "v1.5", 1e-5, depth)

    legacy = io.BytesIO()
    torch.save({"w": torch.zeros(2)}, legacy, _use_new_zipfile_serialization=False)
    (OUT / "legacy.pth").write_bytes(legacy.getvalue())
    torch.save(torch.nn.Linear(1, 1), OUT / "module.pth")

    scratch.unlink()
    text = json.dumps({k: [round(x, 9) for x in v] for k, v in expected.items()}, indent=1)
    (OUT / "expected.json").write_text(text + "\n")


main()
