"""Writes small TensorFlow.js graph models and what they answer, computed here by plain loops over numpy arrays.

Usage: make_graphs.py FOLDER. Each NAME.json has its weights in NAME.bin; NAME.in and NAME.out hold float32, and
index.json their shapes. TensorFlow itself is not in Debian, so the reference is its documented definition.
"""
import base64
import json
import math
import os
import sys

import numpy as np

FOLDER = sys.argv[1]
RNG = np.random.RandomState(5)
INDEX = {}


def text(value):
    return {"s": base64.b64encode(value.encode()).decode()}


def ints(values):
    return {"list": {"i": [str(v) for v in values]}}


class Graph:
    """Collects nodes and weights."""

    def __init__(self, shape):
        self.nodes = [{"name": "images", "op": "Placeholder", "attr": {
            "dtype": {"type": "DT_FLOAT"},
            "shape": {"shape": {"dim": [{"size": str(s)} for s in shape]}}}}]
        self.weights, self.data = [], b""

    def const(self, name, value, quantised=None):
        value = np.asarray(value)
        kind = "int32" if value.dtype.kind == "i" else "float32"
        entry = {"name": name, "shape": list(value.shape), "dtype": kind}
        if quantised == "float16":
            entry["quantization"] = {"dtype": "float16"}
            self.data += value.astype("<f2").tobytes()
            value = value.astype("<f2").astype("f4")
        elif quantised == "uint8":
            low, scale = float(value.min()), float((value.max() - value.min()) / 255)
            codes = np.round((value - low) / scale).astype("u1")
            entry["quantization"] = {"dtype": "uint8", "min": low, "scale": scale}
            self.data += codes.tobytes()
            value = (codes * scale + low).astype("f4")
        else:
            self.data += value.astype("<i4" if kind == "int32" else "<f4").tobytes()
        self.weights.append(entry)
        self.nodes.append({"name": name, "op": "Const", "attr": {"dtype": {"type": "DT_" + kind.upper()}}})
        return value

    def node(self, op, name, inputs, **attributes):
        self.nodes.append({"name": name, "op": op, "input": inputs, "attr": attributes})

    def write(self, name, x, answers, reverse=False):
        nodes = self.nodes[::-1] if reverse else self.nodes
        model = {"format": "graph-model", "generatedBy": "make_graphs.py", "convertedBy": None,
                 "modelTopology": {"node": nodes, "library": {}, "versions": {}},
                 "signature": {"outputs": {k: {"name": k + ":0"} for k in answers}},
                 "weightsManifest": [{"paths": [name + ".bin"], "weights": self.weights}]}
        with open(os.path.join(FOLDER, name + ".json"), "w") as f:
            json.dump(model, f)
        with open(os.path.join(FOLDER, name + ".bin"), "wb") as f:
            f.write(self.data)
        x.astype("<f4").tofile(os.path.join(FOLDER, name + ".in"))
        INDEX[name] = {"input": list(x.shape), "outputs": {}}
        for i, (key, value) in enumerate(answers.items()):
            file = "%s.out%d" % (name, i)
            np.asarray(value).astype("<f4").tofile(os.path.join(FOLDER, file))
            INDEX[name]["outputs"][key] = {"shape": list(np.shape(value)), "file": file}


def same(size, kernel, stride):
    out = math.ceil(size / stride)
    total = max((out - 1) * stride + kernel - size, 0)
    return out, total // 2


def window(x, kernel, stride, padding, fill, apply):
    """Calls apply(patch, n) for every place; x is [N,H,W,C]."""
    n, h, w, c = x.shape
    if padding == "SAME":
        (oh, top), (ow, left) = same(h, kernel[0], stride), same(w, kernel[1], stride)
    else:
        oh, top = (h - kernel[0]) // stride + 1, 0
        ow, left = (w - kernel[1]) // stride + 1, 0
    big = np.full((n, h + kernel[0] + stride, w + kernel[1] + stride, c), fill, dtype="f8")
    big[:, top:top + h, left:left + w] = x
    rows = [[apply(big[:, i * stride:i * stride + kernel[0], j * stride:j * stride + kernel[1]])
             for j in range(ow)] for i in range(oh)]
    return np.stack([np.stack(r, 1) for r in rows], 1)


def conv(x, w, stride, padding):
    return window(x, w.shape[:2], stride, padding, 0, lambda p: np.einsum("nhwi,hwio->no", p, w))


def depthwise(x, w, stride, padding):
    return window(x, w.shape[:2], stride, padding, 0,
                  lambda p: np.einsum("nhwi,hwim->nim", p, w).reshape(len(p), -1))


def average(x, k, stride):
    ones = window(np.ones_like(x), (k, k), stride, "SAME", 0, lambda p: p.sum((1, 2)))
    return window(x, (k, k), stride, "SAME", 0, lambda p: p.sum((1, 2))) / ones


def softmax(x):
    e = np.exp(x - x.max(-1, keepdims=True))
    return e / e.sum(-1, keepdims=True)


def resize(x, size, align=False, half=False):
    """Bilinear, one axis after the other, as TensorFlow defines the three ways of placing pixels."""
    for axis, out in ((1, size[0]), (2, size[1])):
        n = x.shape[axis]
        parts = []
        for i in range(out):
            at = i * (n - 1) / (out - 1) if align else max((i + 0.5) * n / out - 0.5, 0) if half else i * n / out
            low = min(int(math.floor(at)), n - 1)
            high = min(low + 1, n - 1)
            a, b = np.take(x, low, axis), np.take(x, high, axis)
            parts.append(a + (b - a) * (at - low))
        x = np.stack(parts, axis)
    return x


STRIDES = {1: ints([1, 1, 1, 1]), 2: ints([1, 2, 2, 1])}


def classifier():
    """Fused and plain convolutions, strides on odd sizes (SAME pads unevenly), pooling, squeeze, softmax."""
    g = Graph([-1, 9, 11, 3])
    x = RNG.rand(2, 9, 11, 3)
    w1 = g.const("w1", RNG.randn(3, 3, 3, 8).astype("f4") * 0.3)
    b1 = g.const("b1", RNG.randn(8).astype("f4") * 0.1)
    w2 = g.const("w2", RNG.randn(3, 3, 8, 2).astype("f4") * 0.3, "float16")
    b2 = g.const("b2", RNG.randn(16).astype("f4") * 0.1)
    w3 = g.const("w3", RNG.randn(2, 3, 16, 6).astype("f4") * 0.3, "uint8")
    slope = g.const("slope", RNG.rand(1, 1, 6).astype("f4"))
    w4 = g.const("w4", RNG.randn(6, 5).astype("f4"))
    b4 = g.const("b4", RNG.randn(5).astype("f4"))
    g.const("axes", np.array([1, 2]))
    conv_attr = {"data_format": text("NHWC"), "dilations": STRIDES[1]}
    g.node("_FusedConv2D", "first", ["images", "w1", "b1"], strides=STRIDES[2], padding=text("SAME"),
           fused_ops={"list": {"s": [text("BiasAdd")["s"], text("Relu6")["s"]]}}, **conv_attr)
    g.node("FusedDepthwiseConv2dNative", "second", ["first", "w2", "b2"], strides=STRIDES[1],
           padding=text("VALID"), fused_ops={"list": {"s": [text("BiasAdd")["s"], text("Elu")["s"]]}}, **conv_attr)
    g.node("MaxPool", "pooled", ["second"], ksize=ints([1, 2, 2, 1]), strides=STRIDES[2], padding=text("SAME"))
    g.node("Conv2D", "third", ["pooled", "w3"], strides=STRIDES[1], padding=text("SAME"), **conv_attr)
    g.node("Prelu", "bent", ["third", "slope"])
    g.node("AvgPool", "smooth", ["bent"], ksize=ints([1, 2, 2, 1]), strides=STRIDES[1], padding=text("SAME"))
    g.node("Mean", "features", ["smooth:0", "axes"], keep_dims={"b": False})
    g.node("_FusedMatMul", "logits", ["features", "w4", "b4"], transpose_a={"b": False}, transpose_b={"b": False},
           fused_ops={"list": {"s": [text("BiasAdd")["s"]]}})
    g.node("Softmax", "probabilities", ["logits", "^first"])
    y = np.clip(conv(x, w1, 2, "SAME") + b1, 0, 6)
    y = depthwise(y, w2, 1, "VALID") + b2
    y = np.where(y > 0, y, np.exp(np.minimum(y, 0)) - 1)
    y = window(y, (2, 2), 2, "SAME", -np.inf, lambda p: p.max((1, 2)))
    y = conv(y, w3, 1, "SAME")
    y = np.where(y > 0, y, y * slope)
    logits = average(y, 2, 1).mean((1, 2)) @ w4 + b4
    g.write("classifier", x, {"probabilities": softmax(logits)}, reverse=True)
    INDEX["classifier"]["logits"] = logits.tolist()


def detector():
    """Several outputs, the three kinds of resizing, slices, top k and integer arithmetic on its places."""
    g = Graph([1, 6, 8, 3])
    x = RNG.rand(1, 6, 8, 3)
    g.const("size", np.array([9, 13]))
    outputs = {}
    for name, align, half in (("old", False, False), ("half", False, True), ("corners", True, False)):
        g.node("ResizeBilinear", name, ["images", "size"], align_corners={"b": align}, half_pixel_centers={"b": half})
        outputs[name] = resize(x, (9, 13), align, half)
    g.const("paddings", np.array([[0, 0], [1, 2], [0, 1], [0, 0]]))
    g.node("Pad", "padded", ["images", "paddings"])
    padded = np.pad(x, [(0, 0), (1, 2), (0, 1), (0, 0)])
    for name, value in (("from", [0, -3, 1, 2]), ("to", [1, 0, 9, -3]), ("by", [1, -1, 2, -1])):
        g.const(name, np.array(value))
    g.node("StridedSlice", "sliced", ["padded", "from", "to", "by"], begin_mask={"i": "1"}, end_mask={"i": "9"},
           shrink_axis_mask={"i": "1"}, ellipsis_mask={"i": "0"}, new_axis_mask={"i": "0"})
    outputs["sliced"] = padded[0, -3:0:-1, 1:9:2, ::-1][:, :, :]
    g.const("flat", np.array([1, -1]))
    g.const("k", np.array(4))
    g.const("three", np.array(3))
    g.node("Reshape", "line", ["images", "flat"])
    g.node("TopKV2", "best", ["line", "k"])
    g.node("FloorDiv", "pixel", ["best:1", "three"])
    g.node("FloorMod", "channel", ["best:1", "three"])
    g.node("Cast", "pixel_real", ["pixel"], SrcT={"type": "DT_INT32"}, DstT={"type": "DT_FLOAT"})
    g.node("Cast", "channel_real", ["channel"], SrcT={"type": "DT_INT32"}, DstT={"type": "DT_FLOAT"})
    g.node("Pack", "packed", ["best", "pixel_real", "channel_real"], axis={"i": "2"}, N={"i": "3"})
    order = np.argsort(-x.ravel(), kind="stable")[:4]
    outputs["packed"] = np.stack([x.ravel()[order], order // 3, order % 3], 1)[None]
    g.node("Unpack", "apart", ["packed"], axis={"i": "2"}, num={"i": "3"})
    g.node("SquaredDifference", "gap", ["apart:1", "apart:2"])
    outputs["gap"] = (order // 3 - order % 3)[None] ** 2
    g.write("detector", x, outputs)


def points():
    """Objects as points, as CenterNet's graphs end: a heat map, distances to the sides, and the best peaks."""
    g = Graph([1, 16, 24, 3])
    x = RNG.rand(1, 16, 24, 3)
    w1 = g.const("w1", RNG.randn(3, 3, 3, 8).astype("f4") * 0.4)
    w2 = g.const("w2", RNG.randn(1, 1, 8, 2).astype("f4") * 0.3)
    w3 = g.const("w3", RNG.randn(1, 1, 8, 4).astype("f4"))
    g.const("ten", np.array(10, "f4"))
    g.const("k", np.array(5))
    g.const("flat", np.array([1, -1]))
    g.node("Conv2D", "body", ["images", "w1"], strides={"list": {"i": ["1", "4", "4", "1"]}}, padding=text("SAME"))
    g.node("Conv2D", "heat_logits", ["body", "w2"], strides=STRIDES[1], padding=text("SAME"))
    g.node("Sigmoid", "keypoints", ["heat_logits"])
    g.node("Conv2D", "sides", ["body", "w3"], strides=STRIDES[1], padding=text("SAME"))
    g.node("Sigmoid", "positive", ["sides"])
    g.node("Mul", "wh", ["positive", "ten"])
    g.node("MaxPool", "highest", ["keypoints"], ksize=ints([1, 3, 3, 1]), strides=STRIDES[1], padding=text("SAME"))
    g.node("Equal", "same", ["keypoints", "highest"])
    g.node("Cast", "peak", ["same"], SrcT={"type": "DT_BOOL"}, DstT={"type": "DT_FLOAT"})
    g.node("Mul", "peaks", ["keypoints", "peak"])
    g.node("Reshape", "line", ["peaks", "flat"])
    g.node("TopKV2", "best", ["line", "k"])
    g.node("Cast", "places", ["best:1"], SrcT={"type": "DT_INT32"}, DstT={"type": "DT_FLOAT"})
    g.node("Pack", "detections", ["best", "places"], axis={"i": "2"}, N={"i": "2"})
    body = conv(x, w1, 4, "SAME")
    heat = 1 / (1 + np.exp(-conv(body, w2, 1, "SAME")))
    wh = 10 / (1 + np.exp(-conv(body, w3, 1, "SAME")))
    peaks = heat * (heat == window(heat, (3, 3), 1, "SAME", -np.inf, lambda p: p.max((1, 2))))
    order = np.argsort(-peaks.ravel(), kind="stable")[:5]
    best = np.stack([peaks.ravel()[order], order], 1)[None]
    g.write("points", x, {"keypoints": heat, "wh": wh, "detections": best})
    boxes = []
    for place in order:
        cell = place // 2
        row, column = cell // heat.shape[2], cell % heat.shape[2]
        left, top, right, bottom = wh[0, row, column]
        boxes.append([column * 4 - left, row * 4 - top, column * 4 + right, row * 4 + bottom,
                      peaks.ravel()[place], place % 2])
    INDEX["points"]["best"] = np.array(boxes).tolist()


classifier()
detector()
points()
with open(os.path.join(FOLDER, "index.json"), "w") as f:
    json.dump(INDEX, f)
