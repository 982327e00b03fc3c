"""Writes networks with random weights and what they answer, for tst_references.

    make_references.py FOLDER

torchvision's own models where it has them, else the published definition in plain PyTorch. FOLDER gets
index.json and, per case, NAME.bin: little-endian float32, one tensor after the other.
"""

import json
import sys

import torch
import torchvision
from torch import nn

IMAGENET = {"mean": [0.485, 0.456, 0.406], "stddev": [0.229, 0.224, 0.225], "scale": 1.0, "bgr": False}
INCEPTION = {"mean": [0.5, 0.5, 0.5], "stddev": [0.5, 0.5, 0.5], "scale": 1.0, "bgr": False}
ROUND = {"mean": [0.5, 0.375, 0.25], "stddev": [0.25, 0.5, 0.25], "scale": 1.0, "bgr": False}
CAFFE = {"mean": [103.939, 116.779, 123.68], "stddev": [1.0, 1.0, 1.0], "scale": 255.0, "bgr": True}
CLASSES = 7
IMAGES = 2


def conv(start, to, kernel, stride=1, **more):
    return nn.Conv2d(start, to, kernel, stride, kernel // 2, bias=False, **more)


class CifarBlock(nn.Module):
    """kuangliu/pytorch-cifar, models/resnet.py, BasicBlock."""

    def __init__(self, start, to, stride):
        super().__init__()
        self.conv1, self.bn1 = conv(start, to, 3, stride), nn.BatchNorm2d(to)
        self.conv2, self.bn2 = conv(to, to, 3), nn.BatchNorm2d(to)
        self.shortcut = nn.Sequential()
        if stride != 1 or start != to:
            self.shortcut = nn.Sequential(nn.Conv2d(start, to, 1, stride, bias=False), nn.BatchNorm2d(to))

    def forward(self, x):
        return torch.relu(self.bn2(self.conv2(torch.relu(self.bn1(self.conv1(x))))) + self.shortcut(x))


class CifarResnet18(nn.Module):
    def __init__(self, classes):
        super().__init__()
        self.conv1, self.bn1 = conv(3, 64, 3), nn.BatchNorm2d(64)
        for i, (start, to) in enumerate([(64, 64), (64, 128), (128, 256), (256, 512)]):
            blocks = nn.Sequential(CifarBlock(start, to, 1 if i == 0 else 2), CifarBlock(to, to, 1))
            setattr(self, f"layer{i + 1}", blocks)
        self.linear = nn.Linear(512, classes)

    def forward(self, x):
        h = torch.relu(self.bn1(self.conv1(x)))
        h = self.layer4(self.layer3(self.layer2(self.layer1(h))))
        return self.linear(nn.functional.avg_pool2d(h, 4).flatten(1))


class WideBlock(nn.Module):
    """xternalz/WideResNet-pytorch, wideresnet.py, BasicBlock."""

    def __init__(self, start, to, stride):
        super().__init__()
        self.bn1, self.conv1 = nn.BatchNorm2d(start), conv(start, to, 3, stride)
        self.bn2, self.conv2 = nn.BatchNorm2d(to), conv(to, to, 3)
        self.convShortcut = nn.Conv2d(start, to, 1, stride, bias=False) if start != to else None

    def forward(self, x):
        h = torch.relu(self.bn1(x))
        around = self.convShortcut(h) if self.convShortcut is not None else x
        return around + self.conv2(torch.relu(self.bn2(self.conv1(h))))


class WideGroup(nn.Module):
    def __init__(self, count, start, to, stride):
        super().__init__()
        blocks = [WideBlock(start if i == 0 else to, to, stride if i == 0 else 1) for i in range(count)]
        self.layer = nn.Sequential(*blocks)

    def forward(self, x):
        return self.layer(x)


class WideResnet(nn.Module):
    def __init__(self, depth, widen, classes):
        super().__init__()
        count = (depth - 4) // 6
        self.conv1 = conv(3, 16, 3)
        self.block1 = WideGroup(count, 16, 16 * widen, 1)
        self.block2 = WideGroup(count, 16 * widen, 32 * widen, 2)
        self.block3 = WideGroup(count, 32 * widen, 64 * widen, 2)
        self.bn1 = nn.BatchNorm2d(64 * widen)
        self.fc = nn.Linear(64 * widen, classes)

    def forward(self, x):
        h = torch.relu(self.bn1(self.block3(self.block2(self.block1(self.conv1(x))))))
        return self.fc(nn.functional.avg_pool2d(h, 8).flatten(1))


class Attention(nn.Module):
    """timm, models/vision_transformer.py; written with PyTorch's own attention in place of timm's formula."""

    def __init__(self, width, heads):
        super().__init__()
        self.heads = heads
        self.qkv, self.proj = nn.Linear(width, 3 * width), nn.Linear(width, width)

    def forward(self, x):
        x = x.transpose(0, 1)
        out, _ = nn.functional.multi_head_attention_forward(
            x, x, x, x.shape[2], self.heads, self.qkv.weight, self.qkv.bias, None, None, False, 0.0,
            self.proj.weight, self.proj.bias, need_weights=False)
        return out.transpose(0, 1)


class Mlp(nn.Module):
    def __init__(self, width):
        super().__init__()
        self.fc1, self.fc2 = nn.Linear(width, 4 * width), nn.Linear(4 * width, width)

    def forward(self, x):
        return self.fc2(nn.functional.gelu(self.fc1(x)))


class VitBlock(nn.Module):
    def __init__(self, width, heads):
        super().__init__()
        self.norm1, self.attn = nn.LayerNorm(width, eps=1e-6), Attention(width, heads)
        self.norm2, self.mlp = nn.LayerNorm(width, eps=1e-6), Mlp(width)

    def forward(self, x):
        x = x + self.attn(self.norm1(x))
        return x + self.mlp(self.norm2(x))


class PatchEmbed(nn.Module):
    def __init__(self, patch, width):
        super().__init__()
        self.proj = nn.Conv2d(3, width, patch, patch)

    def forward(self, x):
        return self.proj(x).flatten(2).transpose(1, 2)


class Vit(nn.Module):
    def __init__(self, sides, patch, width, depth, heads, classes):
        super().__init__()
        tokens = 1 + (sides[0] // patch) * (sides[1] // patch)
        # Small, so that an epsilon other than 1e-6 in the first norms shows in the answer.
        self.cls_token = nn.Parameter(torch.randn(1, 1, width) * 0.005)
        self.pos_embed = nn.Parameter(torch.randn(1, tokens, width) * 0.005)
        self.patch_embed = PatchEmbed(patch, width)
        nn.init.normal_(self.patch_embed.proj.weight, 0, 0.0002)
        nn.init.normal_(self.patch_embed.proj.bias, 0, 0.002)
        self.blocks = nn.Sequential(*[VitBlock(width, heads) for _ in range(depth)])
        self.norm = nn.LayerNorm(width, eps=1e-6)
        self.head = nn.Linear(width, classes)

    def forward(self, x):
        tokens = torch.cat((self.cls_token.repeat(len(x), 1, 1), self.patch_embed(x)), 1) + self.pos_embed
        return self.head(self.norm(self.blocks(tokens))[:, 0])


class Residual(nn.Module):
    """locuslab/convmixer, convmixer.py."""

    def __init__(self, fn):
        super().__init__()
        self.fn = fn

    def forward(self, x):
        return self.fn(x) + x


def convmixer(width, depth, kernel, patch, classes, activation):
    def block():
        spatial = nn.Sequential(nn.Conv2d(width, width, kernel, groups=width, padding="same"), activation(),
                                nn.BatchNorm2d(width))
        return nn.Sequential(Residual(spatial), nn.Conv2d(width, width, 1), activation(), nn.BatchNorm2d(width))

    return nn.Sequential(nn.Conv2d(3, width, patch, patch), activation(), nn.BatchNorm2d(width),
                         *[block() for _ in range(depth)], nn.AdaptiveAvgPool2d((1, 1)), nn.Flatten(),
                         nn.Linear(width, classes))


def vgg(make, hidden):
    """Hidden layers narrower than 4096 keep the file small; the rest is torchvision's."""
    model = make(num_classes=CLASSES)
    model.classifier[0] = nn.Linear(512 * 49, hidden)
    model.classifier[3] = nn.Linear(hidden, hidden)
    model.classifier[6] = nn.Linear(hidden, CLASSES)
    return model


def cases():
    tv = torchvision.models
    square, small = (64, 64), (32, 32)
    for name in ("resnet18", "resnet34", "mobilenet_v2", "densenet121"):
        yield name, name, {}, square, IMAGENET, getattr(tv, name)(num_classes=CLASSES)
    # With random weights it amplifies even the rounding of the mean, so that one is exact.
    yield "resnet50", "resnet50", {}, square, ROUND, tv.resnet50(num_classes=CLASSES)
    yield "vgg16", "vgg16", {"hidden": 96}, square, CAFFE, vgg(tv.vgg16, 96)
    yield "vgg16_bn", "vgg16_bn", {"hidden": 64}, (40, 72), IMAGENET, vgg(tv.vgg16_bn, 64)
    yield ("wide_resnet16_4", "wide_resnet28_10", {"depth": 16, "widen": 4}, small, INCEPTION,
           WideResnet(16, 4, CLASSES))
    yield "resnet18_cifar", "resnet18_cifar", {}, small, IMAGENET, CifarResnet18(CLASSES)
    yield "vit_tiny", "vit_tiny", {}, square, INCEPTION, Vit(square, 16, 192, 12, 3, CLASSES)
    yield ("deit_small", "deit_small", {"depth": 3, "patch": 8}, (32, 48), IMAGENET,
           Vit((32, 48), 8, 384, 3, 6, CLASSES))
    yield ("convmixer_gelu", "convmixer_original", {"width": 48, "depth": 3}, square, IMAGENET,
           convmixer(48, 3, 9, 7, CLASSES, nn.GELU))
    yield ("convmixer_relu", "convmixer_original",
           {"width": 32, "depth": 2, "kernel": 7, "patch": 4, "relu": 1}, square, IMAGENET,
           convmixer(32, 2, 7, 4, CLASSES, nn.ReLU))


def prepared(x, spec):
    if spec["bgr"]:
        x = x[:, [2, 1, 0]]
    mean, stddev = (torch.tensor(spec[key], dtype=x.dtype).view(1, 3, 1, 1) for key in ("mean", "stddev"))
    return (spec["scale"] * x - mean) / stddev


def randomise_norms(model, x):
    """Statistics that keep the signal alive, then moved off them, and weights that are not 1 and 0."""
    norms = [m for m in model.modules() if isinstance(m, (nn.BatchNorm2d, nn.LayerNorm))]
    for norm in norms:
        nn.init.uniform_(norm.weight, 0.7, 1.3)
        nn.init.normal_(norm.bias, 0, 0.1)
        if isinstance(norm, nn.BatchNorm2d):
            norm.momentum = 1.0
    with torch.no_grad():
        model.train()(x)
    for norm in norms:
        if isinstance(norm, nn.BatchNorm2d):
            norm.running_mean += 0.1 * torch.randn_like(norm.running_mean) * norm.running_var.sqrt()
            norm.running_var *= torch.empty_like(norm.running_var).uniform_(0.8, 1.25)
    model.eval()


def input_gradient(model, x, spec):
    """In double precision: in float32 a unit at its kink falls now on this side, now on that. Of one image,
    since that is slow."""
    for parameter in model.parameters():
        parameter.requires_grad_(False)
    x.requires_grad_(True)
    logits = model(prepared(x, spec))
    return torch.autograd.grad((logits * torch.linspace(-1, 1, CLASSES)).sum(), x)[0]


def write_case(folder, name, architecture, options, sides, spec, model):
    x = torch.rand(IMAGES, 3, *sides)
    randomise_norms(model, prepared(torch.rand(8, 3, *sides), spec))
    tensors = {key: value.clone() for key, value in model.state_dict().items() if "num_batches" not in key}
    weights = len(tensors)
    with torch.no_grad():
        logits = model(prepared(x, spec))
    gradient = input_gradient(model.double(), x[:1].double(), spec)
    tensors.update({"@images": x, "@logits": logits, "@gradient": gradient})
    with open(f"{folder}/{name}.bin", "wb") as file:
        for value in tensors.values():
            file.write(value.contiguous().numpy().astype("<f4").tobytes())
    return {"architecture": architecture, "options": options, "classes": CLASSES,
            "input": {"height": sides[0], "width": sides[1], **spec}, "weights": weights,
            "tensors": [[key, list(value.shape)] for key, value in tensors.items()]}


def main(folder):
    torch.set_num_threads(2)
    index = {}
    for i, (name, *case) in enumerate(cases()):
        torch.manual_seed(100 + i)
        index[name] = write_case(folder, name, *case)
    with open(f"{folder}/index.json", "w") as file:
        json.dump(index, file)


main(sys.argv[1])
