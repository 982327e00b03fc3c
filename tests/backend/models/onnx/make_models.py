"""Exports small networks with torch.onnx and says what PyTorch itself makes of them.

    make_models.py FOLDER

For each NAME: NAME.onnx, NAME.input, NAME.output, NAME.gradient (float32, little endian), and one line of
models.txt: NAME, the opset, the input's and the output's shape. The gradient is that of the sum over the
images of the largest logit, by pixel.
"""
import os
import sys
import warnings

import torch
import torchvision
from torch import nn

warnings.filterwarnings("ignore")
torch.set_num_threads(1)


class SmallCnn(nn.Module):
    """The built-in small_cnn, its parameter names included."""

    def __init__(self, channels=3, classes=10, side=32):
        super().__init__()
        widths = [channels, 16, 32, 64]
        for i in range(3):
            setattr(self, f"conv{i + 1}", nn.Conv2d(widths[i], widths[i + 1], 3, padding=1, bias=False))
            setattr(self, f"bn{i + 1}", nn.BatchNorm2d(widths[i + 1]))
        self.fc = nn.Linear(64 * (side // 8) ** 2, classes)

    def forward(self, x):
        for i in "123":
            x = torch.max_pool2d(torch.relu(getattr(self, "bn" + i)(getattr(self, "conv" + i)(x))), 2)
        return self.fc(torch.flatten(x, 1))


class Block(nn.Module):
    def __init__(self, width, heads):
        super().__init__()
        self.heads = heads
        self.norm1, self.norm2 = nn.LayerNorm(width), nn.LayerNorm(width)
        self.qkv, self.proj = nn.Linear(width, 3 * width), nn.Linear(width, width)
        self.mlp = nn.Sequential(nn.Linear(width, 2 * width), nn.GELU(), nn.Linear(2 * width, width))

    def forward(self, x):
        n, t, c = x.shape
        q, k, v = self.qkv(self.norm1(x)).reshape(n, t, 3, self.heads, c // self.heads).permute(2, 0, 3, 1, 4)
        attention = (q @ k.transpose(-2, -1) * (c // self.heads) ** -0.5).softmax(-1)
        x = x + self.proj((attention @ v).transpose(1, 2).reshape(n, t, c))
        return x + self.mlp(self.norm2(x))


class SmallVit(nn.Module):
    """Written as timm writes it: one qkv matrix, a class token that is expanded, a table of positions."""

    def __init__(self, width=64, classes=10, side=32, patch=8):
        super().__init__()
        self.patches = nn.Conv2d(3, width, patch, patch)
        self.token = nn.Parameter(torch.randn(1, 1, width) * 0.1)
        self.positions = nn.Parameter(torch.randn(1, (side // patch) ** 2 + 1, width) * 0.1)
        self.blocks = nn.Sequential(Block(width, 4), Block(width, 4))
        self.norm, self.head = nn.LayerNorm(width), nn.Linear(width, classes)

    def forward(self, x):
        x = self.patches(x).flatten(2).transpose(1, 2)
        x = torch.cat([self.token.expand(x.shape[0], -1, -1), x], 1) + self.positions
        return self.head(self.norm(self.blocks(x))[:, 0])


class Activations(nn.Module):
    """What is not in the others: pads by reflection, resizing, group norm, a choice of activations."""

    def __init__(self):
        super().__init__()
        self.first, self.second = nn.Conv2d(3, 8, 3), nn.ConvTranspose2d(8, 8, 2, 2, bias=False)
        self.bn, self.group, self.prelu = nn.BatchNorm2d(8), nn.GroupNorm(2, 8), nn.PReLU(8)
        self.third = nn.Conv2d(8, 8, 3, padding=1, groups=8)
        self.head = nn.Linear(8, 5)

    def forward(self, x):
        x = self.group(self.prelu(self.first(nn.functional.pad(x, (1, 1, 1, 1), mode="reflect"))))
        x = nn.functional.leaky_relu(self.bn(self.second(x)), 0.2)
        x = nn.functional.interpolate(x, scale_factor=0.5, mode="bilinear", align_corners=False)
        x = nn.functional.hardswish(self.third(x)) + nn.functional.softplus(x).clamp(0.1, 2)
        x = nn.functional.avg_pool2d(x, 3, 2, padding=1, count_include_pad=False)
        return self.head(nn.functional.elu(x).amax((2, 3))).log_softmax(1)


class Probabilities(nn.Module):
    def __init__(self):
        super().__init__()
        self.body = SmallCnn()

    def forward(self, x):
        return (self.body(x) * 3).softmax(1)


def settle(model):
    """Statistics and scales that are not the ones of a network never trained."""
    for module in model.modules():
        if isinstance(module, (nn.BatchNorm2d, nn.GroupNorm, nn.LayerNorm)):
            nn.init.uniform_(module.weight, 0.5, 1.5)
            nn.init.uniform_(module.bias, -0.3, 0.3)
        if isinstance(module, nn.BatchNorm2d):
            nn.init.uniform_(module.running_mean, -0.3, 0.3)
            nn.init.uniform_(module.running_var, 0.5, 1.5)
    return model.eval()


def main(folder):
    lines = []

    def export(name, model, opset, shape, dynamic=True, images=None):
        x = torch.rand((images or shape[0],) + shape[1:])
        path = os.path.join(folder, name)
        axes = {"image": {0: "n"}, "logits": {0: "n"}} if dynamic else None
        # keep_initializers and no folding of batch norm: the file has the network as it was written.
        torch.onnx.export(model, x[: shape[0]], path + ".onnx", opset_version=opset, input_names=["image"],
                          output_names=["logits"], dynamic_axes=axes, do_constant_folding=opset >= 11,
                          training=torch.onnx.TrainingMode.PRESERVE)
        x.requires_grad_(True)
        y = model(x)
        (gradient,) = torch.autograd.grad(y.amax(1).sum(), x)
        for kind, value in (("input", x), ("output", y), ("gradient", gradient)):
            with open(path + "." + kind, "wb") as file:
                file.write(value.detach().contiguous().numpy().astype("<f4").tobytes())
        sizes = ["x".join(map(str, value.shape)) for value in (x, y)]
        lines.append(f"{name} {opset} {sizes[0]} {sizes[1]}")

    for opset in (9, 11, 13, 17):
        torch.manual_seed(opset)
        export(f"cnn{opset}", settle(SmallCnn()), opset, (3, 3, 32, 32))
        export(f"resnet{opset}", settle(torchvision.models.resnet18(num_classes=20)), opset, (2, 3, 64, 64))
        export(f"mobilenet{opset}", settle(torchvision.models.mobilenet_v2(num_classes=20)), opset,
               (2, 3, 64, 64))
        export(f"vit{opset}", settle(SmallVit()), opset, (3, 3, 32, 32))
        if opset >= 11:
            export(f"activations{opset}", settle(Activations()), opset, (2, 3, 18, 18))
    torch.manual_seed(1)
    export("fixed", settle(SmallVit()), 13, (1, 3, 32, 32), dynamic=False, images=3)
    export("fixedcnn", settle(SmallCnn()), 13, (1, 3, 32, 32), dynamic=False, images=3)
    export("probabilities", settle(Probabilities()), 13, (3, 3, 32, 32))
    with open(os.path.join(folder, "models.txt"), "w", encoding="utf-8") as file:
        file.write("\n".join(lines) + "\n")


if __name__ == "__main__":
    main(sys.argv[1])
