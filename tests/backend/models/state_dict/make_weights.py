"""Writes weights of networks with torch.save, and what the networks answer, for slow_state_dict_format.

usage: make_weights.py FOLDER
X.pth is the file to import; X.bin holds float32 images and logits one after the other, X.json their shapes.
"""
import json
import os
import sys

import torch
import torchvision

folder = sys.argv[1]
torch.manual_seed(5)


def randomise(net):
    """Statistics that a trained network has, so that a norm in the wrong place shows."""
    for name, buffer in net.named_buffers():
        if name.endswith("running_mean"):
            buffer.uniform_(-0.2, 0.2)
        if name.endswith("running_var"):
            buffer.uniform_(0.6, 1.5)
    return net.eval()


def save(name, net, what, channels, side, mean=0.0, stddev=1.0, **options):
    torch.save(what, os.path.join(folder, name + ".pth"), **options)
    with torch.no_grad():
        x = torch.rand(3, channels, side, side)
        y = net((x - torch.tensor(mean).view(-1, 1, 1)) / torch.tensor(stddev).view(-1, 1, 1))
    with open(os.path.join(folder, name + ".bin"), "wb") as out:
        out.write(x.numpy().tobytes() + y.numpy().tobytes())
    with open(os.path.join(folder, name + ".json"), "w") as out:
        json.dump({"images": list(x.shape), "logits": list(y.shape)}, out)


models = torchvision.models
net = randomise(models.resnet18(num_classes=7))
save("resnet18", net, net.state_dict(), 3, 64)
torch.save({key: value for key, value in net.state_dict().items() if not key.startswith("fc.")},
           os.path.join(folder, "headless.pth"))
broken = dict(net.state_dict())
broken["layer3.1.bn2.weight"] = torch.zeros(255)
broken["extra.weight"] = torch.zeros(2)
del broken["layer1.0.bn1.bias"]
torch.save(broken, os.path.join(folder, "broken.pth"))
spoilt = dict(net.state_dict())
spoilt["layer1.0.conv1.weight"] = spoilt["layer1.0.conv1.weight"] * float("nan")
spoilt["bn1.bias"] = spoilt["bn1.bias"] + float("inf")
torch.save(spoilt, os.path.join(folder, "spoilt.pth"))

net = randomise(models.mobilenet_v2(num_classes=1000))
save("mobilenet_v2", net, net.state_dict(), 3, 64, [0.485, 0.456, 0.406], [0.229, 0.224, 0.225])
net = randomise(models.densenet121(num_classes=5))
old = {}
for key, value in net.state_dict().items():
    if "denselayer" in key:
        for part in ("norm1", "norm2", "conv1", "conv2"):
            key = key.replace("." + part + ".", ".%s.%s." % (part[:-1], part[-1]))
    old[key] = value
save("densenet_old_names", net, old, 3, 64)
net = randomise(models.VisionTransformer(image_size=32, patch_size=8, num_layers=3, num_heads=3, hidden_dim=192,
                                         mlp_dim=768, num_classes=4))
torch.nn.init.normal_(net.heads.head.weight)
torch.nn.init.normal_(net.class_token)
save("vit_torchvision", net, net.state_dict(), 3, 32)


class SmallCnn(torch.nn.Module):
    def __init__(self, classes):
        super().__init__()
        for i, (start, to) in enumerate(((1, 8), (8, 12), (12, 20))):
            setattr(self, "conv%d" % (i + 1), torch.nn.Conv2d(start, to, 3, padding=1, bias=False))
            setattr(self, "bn%d" % (i + 1), torch.nn.BatchNorm2d(to))
        self.fc = torch.nn.Linear(20 * 9, classes)

    def forward(self, x):
        for i in "123":
            x = torch.max_pool2d(getattr(self, "bn" + i)(getattr(self, "conv" + i)(x)).relu(), 2)
        return self.fc(x.flatten(1))


net = randomise(SmallCnn(6))
save("small_cnn", net, net.state_dict(), 1, 28, [0.2860], [0.3530])
save("wrapped", net, {"epoch": 2, "state_dict": torch.nn.DataParallel(net).state_dict()}, 1, 28)
save("old_form", net, net.state_dict(), 1, 28, _use_new_zipfile_serialization=False)
half = {key: value.half() for key, value in net.state_dict().items()}
net.load_state_dict({key: value.float() for key, value in half.items()})
save("half", net, half, 1, 28)


class Mlp(torch.nn.Module):
    def __init__(self):
        super().__init__()
        self.fc1, self.fc2, self.out = torch.nn.Linear(48, 9), torch.nn.Linear(9, 5), torch.nn.Linear(5, 3)

    def forward(self, x):
        return self.out(self.fc2(self.fc1(x.flatten(1)).relu()).relu())


net = Mlp()
save("mlp", net, {"model": net.state_dict()}, 3, 4)
torch.save({"encoder.a": torch.zeros(3), "encoder.b": torch.zeros(3), "c": torch.zeros(1)},
           os.path.join(folder, "foreign.pth"))
