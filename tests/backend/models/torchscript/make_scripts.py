"""Writes TorchScript files and what PyTorch itself makes of them, for the tests of this folder.

    make_scripts.py FOLDER

FOLDER gets NAME.pt, index.json and, for the sound networks, NAME.bin: little-endian float32, one tensor after
the other: the images "x", the "output", the "gradient" of (output * weights).sum() in x with "weights", and
intermediate values "tap:NAME" taken with hooks.
"""

import json
import sys
import zipfile

import torch
import torchvision
from torch import nn
from torch.nn import functional as F


class SmallCnn(nn.Module):
    def __init__(self, channels=1, side=28, classes=5):
        super().__init__()
        self.conv1, self.bn1 = nn.Conv2d(channels, 8, 3, padding=1), nn.BatchNorm2d(8)
        self.conv2, self.bn2 = nn.Conv2d(8, 16, 3, padding=1, bias=False), nn.BatchNorm2d(16)
        self.act, self.pool = nn.ReLU(inplace=True), nn.MaxPool2d(2)
        self.fc = nn.Linear(16 * (side // 4) ** 2, classes)

    def forward(self, x):
        x = self.pool(self.act(self.bn1(self.conv1(x))))
        x = self.pool(self.act(self.bn2(self.conv2(x))))
        return self.fc(x.view(x.size(0), -1))


class Normalising(nn.Module):
    def __init__(self):
        super().__init__()
        self.register_buffer("mean", torch.tensor([0.485, 0.456, 0.406]).view(1, 3, 1, 1))
        self.register_buffer("deviation", torch.tensor([0.229, 0.224, 0.225]).view(1, 3, 1, 1))
        self.body = SmallCnn(3, 32)

    def forward(self, x):
        return self.body((x - self.mean) / self.deviation)


class Bytes(nn.Module):
    """Takes 0 .. 255 in the order blue, green, red."""

    def __init__(self):
        super().__init__()
        self.body = SmallCnn(3, 32)

    def forward(self, x):
        return self.body((x - torch.tensor([103.939, 116.779, 123.68]).view(1, 3, 1, 1)) / 57.0)


class Softmax(nn.Module):
    def __init__(self):
        super().__init__()
        self.body = SmallCnn()

    def forward(self, x):
        return F.softmax(self.body(x), dim=1)


class Dropping(nn.Module):
    def __init__(self):
        super().__init__()
        self.body = SmallCnn()

    def forward(self, x):
        return self.body(F.dropout(x, 0.5, training=True))


class Pair(nn.Module):
    def __init__(self):
        super().__init__()
        self.body = SmallCnn()

    def forward(self, x):
        return self.body(x), x * 2


class Answers(nn.Module):
    def __init__(self):
        super().__init__()
        self.body = SmallCnn()

    def forward(self, x):
        y = self.body(x)
        return {"logits": y, "halves": y[:, :2] / 2}


class Control(nn.Module):
    """Takes a branch by the images' values and loops over a count of theirs."""

    def __init__(self):
        super().__init__()
        self.body = SmallCnn()

    def forward(self, x):
        y = self.body(x)
        if bool(y.mean() > 100.0):
            y = y * 2
        for i in range(x.size(0)):
            y = y + 0.5
        return y


class Single(nn.Module):
    def __init__(self):
        super().__init__()
        self.body = SmallCnn().eval()

    def forward(self, x):
        return self.body(x).view(1, 5)


class TwoInputs(nn.Module):
    def forward(self, x, y):
        return x + y


class ListInput(nn.Module):
    def forward(self, x: list[torch.Tensor]):
        return x[0]


class Segments(nn.Module):
    def __init__(self):
        super().__init__()
        self.conv = nn.Conv2d(3, 4, 3, padding=1)

    def forward(self, x):
        return self.conv(x)


class Counting(nn.Module):
    count: int

    def __init__(self):
        super().__init__()
        self.count = 0
        self.body = SmallCnn()

    def forward(self, x):
        self.count += 1
        return self.body(x)


class Saving(nn.Module):
    def __init__(self, path):
        super().__init__()
        self.path: str = path
        self.body = SmallCnn()

    def forward(self, x):
        torch.save(x, self.path)
        return self.body(x)


class Endless(nn.Module):
    def forward(self, x):
        y = x
        while bool(y.sum() > -1e9):
            y = y * 1.0
        return y.flatten(1)


class Waking(nn.Module):
    def __init__(self):
        super().__init__()
        self.body = SmallCnn()

    def forward(self, x):
        return self.body(x)

    @torch.jit.export
    def __getstate__(self):
        return (1, self.training)

    @torch.jit.export
    def __setstate__(self, state: tuple[int, bool]):
        self.training = state[1]


class Builtin(nn.Module):
    """The structure of the built-in small_cnn, for comparing speeds."""

    def __init__(self):
        super().__init__()
        layers, start = [], 1
        for width in (16, 32, 64):
            layers += [nn.Conv2d(start, width, 3, padding=1, bias=False), nn.BatchNorm2d(width), nn.ReLU(), nn.MaxPool2d(2)]
            start = width
        self.body, self.fc = nn.Sequential(*layers), nn.Linear(64 * 9, 10)

    def forward(self, x):
        return self.fc(self.body(x).flatten(1))


def shake(model):
    """Statistics as training would leave them, so that folding them is put to the test."""
    for module in model.modules():
        if isinstance(module, nn.BatchNorm2d):
            nn.init.uniform_(module.running_mean, -0.3, 0.3)
            nn.init.uniform_(module.running_var, 0.5, 2.0)
            nn.init.uniform_(module.weight, 0.5, 1.5)
            nn.init.uniform_(module.bias, -0.3, 0.3)
    return model.eval()


class Folder:
    def __init__(self, path):
        self.path, self.index = path, {}

    def save(self, name, script):
        script.save(f"{self.path}/{name}.pt")

    def reference(self, name, script, model, x, taps=(), pick=lambda y: y):
        """@param taps  module names, "NAME#2" for the value of the second call."""
        self.save(name, script)
        values, hooks = {}, []
        for tap in taps:
            module, _, call = tap.partition("#")

            def keep(_, __, output, tap=tap, call=int(call or 1), calls=[]):
                calls.append(0)
                if len(calls) == call:
                    values["tap:" + tap.replace("#", "_")] = output.detach().clone()

            hooks.append(dict(model.named_modules())[module].register_forward_hook(
                lambda m, i, o, keep=keep, tap=tap, calls=[]: keep(m, i, o, calls=calls)))
        x = x.requires_grad_(True)
        output = pick(model(x))
        for hook in hooks:
            hook.remove()
        weights = torch.randn_like(output)
        gradient, = torch.autograd.grad((output * weights).sum(), x)
        tensors = {"x": x, "output": output, "gradient": gradient, "weights": weights, **values}
        with open(f"{self.path}/{name}.bin", "wb") as file:
            for tensor in tensors.values():
                file.write(tensor.detach().contiguous().numpy().astype("<f4").tobytes())
        self.index[name] = [[key, list(tensor.shape)] for key, tensor in tensors.items()]

    def close(self):
        with open(f"{self.path}/index.json", "w") as file:
            json.dump(self.index, file)


def rewrite(source, target, change):
    """Copies a zip archive with each entry's bytes passed through change(name, bytes)."""
    with zipfile.ZipFile(source) as old, zipfile.ZipFile(target, "w") as new:
        for entry in old.infolist():
            new.writestr(entry.filename, change(entry.filename, old.read(entry)))


def sound(folder):
    grey = lambda: torch.rand(3, 1, 28, 28)
    small = shake(SmallCnn())
    folder.reference("small_traced", torch.jit.trace(small, grey()), small, grey(), ["pool", "pool#2"])
    folder.reference("small_scripted", torch.jit.script(small), small, grey(), ["pool", "pool#2"])
    folder.reference("small_frozen", torch.jit.freeze(torch.jit.script(small)), small, grey())
    resnet = shake(torchvision.models.resnet18(num_classes=6))
    colour = torch.rand(2, 3, 64, 64)
    taps = ["relu", "layer1.0.relu", "layer1.0", "layer1", "layer4", "avgpool"]
    folder.reference("resnet_traced", torch.jit.trace(resnet, colour), resnet, colour, taps)
    folder.reference("resnet_scripted", torch.jit.script(resnet), resnet, torch.rand(2, 3, 64, 64), taps)
    for name, make in {"normalising": Normalising, "bytes": Bytes}.items():
        model = shake(make())
        folder.reference(name, torch.jit.script(model), model, torch.rand(2, 3, 32, 32))
    softmax = shake(Softmax())
    folder.reference("softmax", torch.jit.trace(softmax, grey()), softmax, grey(), pick=torch.log)
    pair = shake(Pair())
    folder.reference("pair", torch.jit.trace(pair, grey()), pair, grey(), pick=lambda y: y[0])
    answers = shake(Answers())
    folder.reference("answers", torch.jit.script(answers), answers, grey(), pick=lambda y: y["logits"])
    control = shake(Control())
    folder.reference("control", torch.jit.script(control), control, grey())
    single = shake(Single())
    folder.save("single", torch.jit.trace(single, torch.rand(1, 1, 28, 28)))
    folder.reference("single_body", torch.jit.script(single.body), single.body, grey())


def doubtful(folder):
    dropping = shake(Dropping())
    folder.save("dropping", torch.jit.trace(dropping, torch.rand(2, 1, 28, 28), check_trace=False))
    training = shake(SmallCnn()).train()
    folder.save("training", torch.jit.trace(training, torch.rand(2, 1, 28, 28), check_trace=False))


def refused(folder):
    folder.save("two_inputs", torch.jit.script(TwoInputs()))
    folder.save("list_input", torch.jit.script(ListInput()))
    folder.save("segments", torch.jit.script(Segments()))
    folder.save("counting", torch.jit.script(Counting().eval()))
    folder.save("saving", torch.jit.script(Saving(folder.path + "/written_by_forward").eval()))
    folder.save("endless", torch.jit.script(Endless()))
    folder.save("waking", torch.jit.script(Waking().eval()))
    quantised = nn.Sequential(torch.ao.quantization.QuantStub(), nn.Conv2d(1, 4, 3), nn.Flatten(),
                              torch.ao.quantization.DeQuantStub()).eval()
    quantised.qconfig = torch.ao.quantization.get_default_qconfig(torch.backends.quantized.engine)
    torch.ao.quantization.prepare(quantised, inplace=True)
    quantised(torch.rand(2, 1, 28, 28))
    folder.save("quantised", torch.jit.script(torch.ao.quantization.convert(quantised)))
    torch.save(SmallCnn().state_dict(), folder.path + "/state_dict.pt")
    whole = folder.path + "/small_traced.pt"
    with open(whole, "rb") as file:
        data = file.read()
    for name, text in {"cut": data[: len(data) // 2], "empty": b"", "noise": b"PK\x03\x04" + bytes(range(256)) * 9,
                       "bad_code": None}.items():
        if text is not None:
            with open(f"{folder.path}/{name}.pt", "wb") as file:
                file.write(text)
    rewrite(whole, folder.path + "/short_data.pt", lambda name, old: old[:16] if name.endswith("data/0") else old)
    rewrite(whole, folder.path + "/bad_code.pt", lambda name, old: b"def (" if name.endswith("__torch__.py") else old)


def speeds(folder):
    folder.save("builtin_small_cnn", torch.jit.trace(shake(Builtin()), torch.rand(2, 1, 28, 28)))
    resnet = shake(torchvision.models.resnet18(num_classes=10))
    folder.save("builtin_resnet18", torch.jit.script(resnet))


if __name__ == "__main__":
    torch.manual_seed(1)
    made = Folder(sys.argv[1])
    speeds(made)
    sound(made)
    doubtful(made)
    refused(made)
    made.close()
