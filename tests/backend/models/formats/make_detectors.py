"""Writes small detectors as ONNX and TorchScript files and what PyTorch and torchvision make of them.

    make_detectors.py FOLDER [NAME]...

For each NAME (all without any), listed in index.json: NAME.onnx or NAME.pt; float32 files NAME.x (images), NAME.boxes (left, top, right,
bottom in pixels), NAME.scores and NAME.gradient, that of scores.sum() + 0.01 * boxes.sum() in the images. The
files nms.boxes, nms.scores and nms.classes hold random boxes, nms.kept what torchvision keeps of them.
"""
import json
import os
import sys
import warnings

import torch
from torch import nn
from torchvision.ops import batched_nms, box_convert

warnings.filterwarnings("ignore")
torch.set_num_threads(1)
FOLDER = sys.argv[1]
INDEX = {}
SIDE = 64


def write(name, tensor):
    tensor.detach().contiguous().numpy().astype("<f4").tofile(os.path.join(FOLDER, name))


def step(inside, outside):
    return nn.Sequential(nn.Conv2d(inside, outside, 3, 2, 1, bias=False), nn.BatchNorm2d(outside), nn.SiLU())


class Pyramid(nn.Module):
    """Features at strides 8, 16 and 32 with a head each."""

    def __init__(self, channels):
        super().__init__()
        self.stem = nn.Sequential(step(3, 8), step(8, 8), step(8, 12))
        self.down1, self.down2 = step(12, 12), step(12, 12)
        self.heads = nn.ModuleList(nn.Conv2d(12, channels, 1) for _ in range(3))

    def maps(self, x):
        a = self.stem(x)
        b = self.down1(a)
        return [head(value) for head, value in zip(self.heads, (a, b, self.down2(b)))]


def cells(height, width):
    rows, columns = torch.meshgrid(torch.arange(height), torch.arange(width), indexing="ij")
    return torch.stack([columns, rows], -1).float()


class YoloV5(Pyramid):
    """As ultralytics/yolov5's Detect: three anchors a cell, [N,A,5+K]; maps beside it where asked."""

    def __init__(self, classes, maps=False):
        super().__init__(3 * (5 + classes))
        self.classes, self.with_maps = classes, maps
        self.sizes = [[[10, 13], [16, 30], [33, 23]], [[30, 61], [62, 45], [59, 119]], [[116, 90], [56, 98], [73, 26]]]

    def forward(self, x):
        rows, maps = [], self.maps(x)
        for stride, sizes, value in zip((8, 16, 32), self.sizes, maps):
            n, _, h, w = value.shape
            y = value.view(n, 3, 5 + self.classes, h, w).permute(0, 1, 3, 4, 2).sigmoid()
            xy = (y[..., :2] * 2 - 0.5 + cells(h, w)) * stride
            wh = (y[..., 2:4] * 2) ** 2 * torch.tensor(sizes).view(1, 3, 1, 1, 2).float()
            rows.append(torch.cat([xy, wh, y[..., 4:]], -1).reshape(n, -1, 5 + self.classes))
        answer = torch.cat(rows, 1)
        return (answer, maps) if self.with_maps else answer

    def read(self, answer):
        rows = answer[0] if self.with_maps else answer
        return box_convert(rows[..., :4], "cxcywh", "xyxy"), rows[..., 5:] * rows[..., 4:5]


class YoloV8(Pyramid):
    """As YOLOv8's exports: no objectness, [N,4+K,A]."""

    def __init__(self, classes):
        super().__init__(4 + classes)
        self.classes = classes

    def forward(self, x):
        parts = []
        for stride, value in zip((8, 16, 32), self.maps(x)):
            n, _, h, w = value.shape
            left_top, right_bottom = value[:, :2].exp(), value[:, 2:4].exp()
            centre = cells(h, w).permute(2, 0, 1) + 0.5
            box = torch.cat([centre + (right_bottom - left_top) / 2, left_top + right_bottom], 1) * stride
            parts.append(torch.cat([box, value[:, 4:].sigmoid()], 1).flatten(2))
        return torch.cat(parts, 2)

    def read(self, answer):
        rows = answer.transpose(1, 2)
        return box_convert(rows[..., :4], "cxcywh", "xyxy"), rows[..., 4:]


class Corners(Pyramid):
    """Boxes as fractions of the image and scores before their sigmoid, apart."""

    def __init__(self, classes):
        super().__init__(4 + classes)

    def forward(self, x):
        rows = torch.cat([value.flatten(2).transpose(1, 2) for value in self.maps(x)], 1)
        low = rows[..., :2].sigmoid() * 0.5
        return torch.cat([low, low + rows[..., 2:4].sigmoid() * 0.5], -1), rows[..., 4:] * 4

    def read(self, answer):
        return answer[0] * SIDE, answer[1].sigmoid()


class Points(Pyramid):
    """Objects as points: heat map, width and height in cells, offset."""

    def __init__(self, classes):
        super().__init__(classes + 4)
        self.classes = classes

    def forward(self, x):
        value = self.maps(x)[0]
        k = self.classes
        return value[:, :k].sigmoid(), value[:, k:k + 2].exp(), value[:, k + 2:].sigmoid()

    def read(self, answer):
        heat, wh, offset = (part.flatten(2).transpose(1, 2) for part in answer)
        centre = cells(*answer[0].shape[2:]).view(1, -1, 2) + offset
        return box_convert(torch.cat([centre, wh], -1), "cxcywh", "xyxy") * 8, heat


def settle(model):
    for module in model.modules():
        if isinstance(module, nn.BatchNorm2d):
            nn.init.uniform_(module.running_mean, -0.3, 0.3)
            nn.init.uniform_(module.running_var, 0.5, 1.5)
        if isinstance(module, nn.Conv2d) and module.kernel_size == (1, 1):
            nn.init.normal_(module.weight, 0, 0.5)
    return model.eval()


def add(name, model, outputs=None):
    if sys.argv[2:] and name not in sys.argv[2:]:
        return
    x = torch.rand(2, 3, SIDE, SIDE)
    if outputs:
        torch.onnx.export(model, x, f"{FOLDER}/{name}.onnx", opset_version=13, input_names=["images"],
                          output_names=outputs, dynamic_axes={key: {0: "n"} for key in ["images"] + outputs})
    else:
        torch.jit.trace(model, x).save(f"{FOLDER}/{name}.pt")
    x.requires_grad_(True)
    boxes, scores = model.read(model(x))
    (gradient,) = torch.autograd.grad(scores.sum() + 0.01 * boxes.sum(), x)
    INDEX[name] = {"file": name + (".onnx" if outputs else ".pt")}
    for key, value in {"x": x, "boxes": boxes, "scores": scores, "gradient": gradient}.items():
        write(f"{name}.{key}", value)
        INDEX[name][key] = list(value.shape)


def suppression():
    centres, sizes = torch.rand(400, 2) * 100, torch.rand(400, 2) * 40 + 4
    boxes = torch.cat([centres - sizes / 2, centres + sizes / 2], 1)
    scores, classes = torch.rand(400), torch.randint(0, 3, (400,))
    kept = batched_nms(boxes, scores, classes, 0.45)
    for key, value in {"boxes": boxes, "scores": scores, "classes": classes, "kept": kept}.items():
        write("nms." + key, value)
        INDEX.setdefault("nms", {})[key] = list(value.shape)


torch.manual_seed(3)
add("yolov5", settle(YoloV5(3)), ["output0"])
add("yolov5_maps", settle(YoloV5(3, True)))
add("yolov5_coco", settle(YoloV5(80)))
add("yolov8", settle(YoloV8(3)), ["output0"])
add("corners", settle(Corners(6)), ["dets", "labels"])
add("corners_pair", settle(Corners(6)))
add("points", settle(Points(4)), ["hm", "wh", "reg"])
suppression()
with open(os.path.join(FOLDER, "index.json"), "w", encoding="utf-8") as file:
    json.dump(INDEX, file)
