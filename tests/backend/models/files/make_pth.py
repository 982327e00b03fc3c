"""Writes files with torch.save, and beside each what its state_dict holds, for tst_pth_file.

usage: make_pth.py FOLDER
X.pth has X.json, {name: [dtype, shape, first byte, bytes]}, and X.raw, the elements of the tensors one after
another in C order.
"""
import collections
import json
import os
import sys
import zipfile

import torch
import torchvision

folder = sys.argv[1]


def reference(name, tensors):
    entries, at = {}, 0
    with open(os.path.join(folder, name + ".raw"), "wb") as raw:
        for key, tensor in tensors.items():
            flat = tensor.detach().contiguous().reshape(-1)
            data = bytes(flat.view(torch.uint8).numpy()) if flat.numel() else b""
            entries[key] = [str(tensor.dtype).split(".")[1], list(tensor.shape), at, len(data)]
            raw.write(data)
            at += len(data)
    with open(os.path.join(folder, name + ".json"), "w") as out:
        json.dump(entries, out)


def save(name, what, tensors=None, **options):
    torch.save(what, os.path.join(folder, name + ".pth"), **options)
    reference(name, what if tensors is None else tensors)


torch.manual_seed(1)
net = torchvision.models.resnet18(num_classes=7)
weights = net.state_dict()
assert isinstance(weights, collections.OrderedDict) and weights._metadata
save("plain", weights)
save("legacy", weights, _use_new_zipfile_serialization=False)
for protocol in (3, 4, 5):
    save("protocol%d" % protocol, {"w": weights["fc.weight"], "b": weights["fc.bias"]}, pickle_protocol=protocol)

small = torch.nn.Sequential(torch.nn.Conv2d(3, 4, 3), torch.nn.BatchNorm2d(4), torch.nn.Flatten(),
                            torch.nn.Linear(16, 5))
optimizer = torch.optim.Adam(small.parameters())
small(torch.rand(2, 3, 4, 4)).sum().backward()
optimizer.step()
checkpoint = {"epoch": 3, "state_dict": small.state_dict(), "optimizer": optimizer.state_dict(), "best": 0.5,
              "note": "ε", "done": True, "history": [1, 2.5, None, (1, "a"), {4, 5}], "raw": b"\x00\xff\xe9",
              "size": torch.Size([1, 2]), "type": torch.float16, "big": 2**80}
save("checkpoint", checkpoint, small.state_dict())
save("checkpoint_legacy", checkpoint, small.state_dict(), _use_new_zipfile_serialization=False)
save("lightning", {"epoch": 1, "hyper_parameters": {"lr": 0.1}, "state_dict": dict(small.state_dict())},
     small.state_dict())
save("nested", {"checkpoint": {"model": small.state_dict()}, "args": {"lr": 1}}, small.state_dict())
save("parameters", {"w": torch.nn.Parameter(torch.rand(3, 2)), "n": 4}, {"w": torch.zeros(0)})
reference("parameters", {"w": torch.load(os.path.join(folder, "parameters.pth"))["w"]})

types = {}
for dtype in (torch.float64, torch.float32, torch.float16, torch.bfloat16, torch.int64, torch.int32, torch.int16,
              torch.int8, torch.uint8, torch.bool, torch.complex64, torch.complex128):
    values = torch.tensor([[0, 1, 1], [1, 0, 1]]) if dtype == torch.bool else torch.arange(6).reshape(2, 3) * 7 - 11
    types[str(dtype).split(".")[1]] = values.to(dtype)
types["empty"] = torch.zeros(0, 4)
types["scalar"] = torch.tensor(2.5)
save("types", types)
save("types_legacy", types, _use_new_zipfile_serialization=False)

base = torch.arange(24.0)
matrix = base.reshape(4, 6)
views = {"base": base, "rows": matrix[1:3], "transposed": matrix.t(), "column": matrix[:, 2], "every": base[::3],
         "tail": base[20:], "expanded": base[3:4].expand(5, 1).reshape(5, 1), "repeated": base[2].expand(3, 4),
         "tied": matrix, "last": torch.rand(2, 3, 4, 5).contiguous(memory_format=torch.channels_last)}
save("views", views)
save("views_legacy", views, _use_new_zipfile_serialization=False)

# The same file, with its entries deflated by another tool.
with zipfile.ZipFile(os.path.join(folder, "views.pth")) as stored:
    with zipfile.ZipFile(os.path.join(folder, "deflated.pth"), "w", zipfile.ZIP_DEFLATED) as packed:
        for item in stored.infolist():
            packed.writestr(item.filename, stored.read(item))
reference("deflated", views)


class Caller:
    def __init__(self, function, *arguments):
        self.call = (function, arguments)

    def __reduce__(self):
        return self.call


def hostile(name, what, **options):
    torch.save(what, os.path.join(folder, name + ".pth"), **options)


marker = os.path.join(folder, "executed")
hostile("calls_system", {"w": torch.zeros(2), "x": Caller(os.system, "touch " + marker)})
hostile("calls_eval", {"w": torch.zeros(2), "x": Caller(eval, "open(%r, 'w')" % marker)})
hostile("calls_eval_legacy", {"w": torch.zeros(2), "x": Caller(eval, "open(%r, 'w')" % marker)},
        _use_new_zipfile_serialization=False)
hostile("calls_eval4", {"w": torch.zeros(2), "x": Caller(eval, "open(%r, 'w')" % marker)}, pickle_protocol=4)
hostile("calls_nested", {"w": Caller(getattr, Caller(__import__, "os"), "system")})
hostile("whole_model", small)
hostile("whole_model_legacy", small, _use_new_zipfile_serialization=False)
hostile("list_of_tensors", [torch.zeros(2)])
hostile("two_dicts", {"first": {"w": torch.zeros(2)}, "second": {"w": torch.zeros(2)}})
torch.jit.script(torch.nn.Linear(2, 2)).save(os.path.join(folder, "script.pth"))
