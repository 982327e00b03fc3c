"""Files as PyTorch users have them, of the zoo's small networks, made with Debian's python3-torch and numpy.

usage: make_foreign_models.py ZOO TEST_IMAGES FOLDER

ZOO holds fashion-*.safetensors, TEST_IMAGES is t10k-images-idx3-ubyte.gz (the labels are beside it).
"""
import gzip
import json
import struct
import sys

import numpy as np
import torch
from torch import nn

MEAN, STDDEV = 0.286, 0.353


def read_safetensors(path):
    data = open(path, "rb").read()
    size = struct.unpack("<Q", data[:8])[0]
    header = json.loads(data[8 : 8 + size])
    tensors = {}
    for name, entry in header.items():
        if name != "__metadata__":
            begin, end = entry["data_offsets"]
            raw = np.frombuffer(data[8 + size + begin : 8 + size + end], dtype="<f4").copy()
            tensors[name] = torch.from_numpy(raw.reshape(entry["shape"]))
    return tensors


def write_safetensors(path, tensors):
    header, blob = {}, b""
    for name, tensor in tensors.items():
        raw = tensor.contiguous().numpy().tobytes()
        kind = {torch.float32: "F32", torch.int64: "I64"}[tensor.dtype]
        header[name] = {"dtype": kind, "shape": list(tensor.shape), "data_offsets": [len(blob), len(blob) + len(raw)]}
        blob += raw
    text = json.dumps(header).encode()
    with open(path, "wb") as out:
        out.write(struct.pack("<Q", len(text)) + text + blob)


class SmallCnn(nn.Module):
    """Three 3x3 convolutions with batch normalisation, each halved, and one fully connected layer."""

    def __init__(self):
        super().__init__()
        for i, (a, b) in enumerate([(1, 16), (16, 32), (32, 64)], 1):
            setattr(self, f"conv{i}", nn.Conv2d(a, b, 3, padding=1, bias=False))
            setattr(self, f"bn{i}", nn.BatchNorm2d(b))
        self.fc = nn.Linear(64 * 3 * 3, 10)

    def forward(self, x):
        x = torch.max_pool2d(torch.relu(self.bn1(self.conv1(x))), 2)
        x = torch.max_pool2d(torch.relu(self.bn2(self.conv2(x))), 2)
        x = torch.max_pool2d(torch.relu(self.bn3(self.conv3(x))), 2)
        return self.fc(x.flatten(1))


def network(zoo, name):
    net = SmallCnn()
    missing, unexpected = net.load_state_dict(read_safetensors(f"{zoo}/{name}.safetensors"), strict=False)
    assert not unexpected and all(m.endswith("num_batches_tracked") for m in missing), (missing, unexpected)
    return net.eval()


def write_forms(net, folder, stem, forms):
    example = torch.zeros(2, 1, 28, 28)
    if "pt" in forms:
        torch.jit.trace(net, example).save(f"{folder}/{stem}-script.pt")
    if "safetensors" in forms:
        write_safetensors(f"{folder}/{stem}-bare.safetensors", net.state_dict())
    if "pth" in forms:
        torch.save(net.state_dict(), f"{folder}/{stem}-state.pth")
    if "onnx" in forms:
        torch.onnx.export(net, example, f"{folder}/{stem}-graph.onnx", opset_version=13, input_names=["image"],
                          dynamic_axes={"image": {0: "batch"}, "logits": {0: "batch"}}, output_names=["logits"])


def main():
    zoo, images, folder = sys.argv[1:]
    torch.manual_seed(0)
    pixels = np.frombuffer(gzip.open(images).read(), np.uint8, offset=16).reshape(-1, 1, 28, 28).copy()
    labels = np.frombuffer(gzip.open(images.replace("images-idx3", "labels-idx1")).read(), np.uint8, offset=8)
    x = (torch.from_numpy(pixels[:1000]).float() / 255 - MEAN) / STDDEV
    with torch.no_grad():
        first = network(zoo, "fashion-cnn")
        write_forms(first, folder, "same", ["pt", "safetensors", "pth", "onnx"])
        first(x[:64]).numpy().astype("<f4").tofile(f"{folder}/expected.f32")
        # One form each of three more networks, so that the study's matrix has different models.
        write_forms(network(zoo, "fashion-cnn-early"), folder, "early", ["safetensors"])
        write_forms(network(zoo, "fashion-cnn-reorder"), folder, "reorder", ["pth"])
        write_forms(network(zoo, "fashion-cnn-reinit"), folder, "reinit", ["onnx"])
        np.savez(f"{folder}/answers.npz", logits=first(x).numpy(), labels=labels[:1000].astype(np.int64))


main()
