"""Auto-PGD written down from the papers (Croce and Hein 2020, algorithm 1; for L1: 2021, "Mind the box"), one image at
a time, on a small random convolutional network. Writes the network, the images and the loss after every iteration as raw float32 files into
the folder given, with their shapes in index.json."""
import json
import math
import pathlib
import sys

import torch
import torch.nn.functional as F

ALPHA, RHO, ITERATIONS = 0.75, 0.75, 100


def network(weights, x):
    h = F.relu(F.conv2d(x, weights["conv1"], weights["bias1"], padding=1))
    h = F.relu(F.conv2d(h, weights["conv2"], weights["bias2"], stride=2))
    return F.linear(h.flatten(1), weights["linear"], weights["bias3"])


def cross_entropy(z, y, t):
    return F.cross_entropy(z[None], torch.tensor([y]))


def dlr(z, y, t):
    others = torch.cat([z[:y], z[y + 1:]])
    ranked = z.sort(descending=True).values
    return -(z[y] - others.max()) / (ranked[0] - ranked[2] + 1e-12)


def dlr_targeted(z, y, t):
    ranked = z.sort(descending=True).values
    return -(z[y] - z[t]) / (ranked[0] - (ranked[2] + ranked[3]) / 2 + 1e-12)


def checkpoints():
    p = [0.0, 0.22]
    while p[-1] < 1:
        p.append(p[-1] + max(p[-1] - p[-2] - 0.03, 0.06))
    return [math.ceil(round(value * ITERATIONS, 9)) for value in p]


def project(x, clean, norm, eps):
    if norm == "linf":
        return torch.clamp(torch.min(torch.max(x, clean - eps), clean + eps), 0, 1)
    delta = x - clean
    return torch.clamp(clean + delta * min(1.0, eps / max(delta.norm().item(), 1e-12)), 0, 1)


def steepest(gradient, norm):
    return gradient.sign() if norm == "linf" else gradient / (gradient.norm() + 1e-12)


def apgd(weights, loss, norm, eps, clean, y, t):
    def value_and_gradient(x):
        x = x.clone().requires_grad_(True)
        value = loss(network(weights, x[None])[0], y, t)
        return value.item(), torch.autograd.grad(value, x)[0]

    eta = 2 * eps
    marks = checkpoints()
    x, previous = clean.clone(), clean.clone()
    value, gradient = value_and_gradient(x)
    best, best_value, best_gradient = x, value, gradient
    trajectory = [value]
    values_since = [value]
    mark = 1
    eta_then, best_then = None, best_value  # step and best loss with which the last period began
    for k in range(1, ITERATIONS + 1):
        moved = project(x + eta * steepest(gradient, norm), clean, norm, eps)
        if k > 1:
            moved = project(x + (moved - x) * ALPHA + (x - previous) * (1 - ALPHA), clean, norm, eps)
        previous, x = x, moved
        value, gradient = value_and_gradient(x)
        trajectory.append(value)
        values_since.append(value)
        if value > best_value:
            best, best_value, best_gradient = x, value, gradient
        if k == marks[mark]:
            length = marks[mark] - marks[mark - 1]
            rises = sum(b > a for a, b in zip(values_since, values_since[1:]))
            stalled = rises <= RHO * length
            # Condition 2: neither the step nor the best loss is other than at the checkpoint before.
            unchanged = eta_then == eta and best_then == best_value
            eta_then, best_then = eta, best_value
            if stalled or unchanged:
                eta /= 2
                x, gradient = best, best_gradient
            values_since = [value]
            mark += 1
    return trajectory


def nearest_in_l1_box(point, clean, eps):
    """Bisection on the multiplier, in double precision."""
    y = (point - clean).double()
    wall = torch.where(y > 0, 1 - clean.double(), clean.double())

    def sizes(multiplier):
        return torch.minimum((y.abs() - multiplier).clamp(min=0), wall)

    low, high = 0.0, y.abs().max().item()
    if sizes(0.0).sum() <= eps:
        high = 0.0
    for _ in range(200):
        middle = (low + high) / 2
        if sizes(middle).sum() > eps:
            low = middle
        else:
            high = middle
    moved = sizes(high) * y.sign()
    return torch.where(moved == 0, clean, (clean.double() + moved).float())


def apgd_l1(weights, loss, eps, clean, y, t, radii):
    """`radii`: pairs of a factor of eps and a number of iterations."""
    def value_and_gradient(x):
        x = x.clone().requires_grad_(True)
        value = loss(network(weights, x[None])[0], y, t)
        return value.item(), torch.autograd.grad(value, x)[0]

    def support(x):
        return (x != clean).sum().item()

    trajectory = []
    best = clean.clone()
    for factor, iterations in radii:
        radius = factor * eps
        x = nearest_in_l1_box(best, clean, radius * (1 - 1e-6))
        value, gradient = value_and_gradient(x)
        best, best_value, best_gradient = x, value, gradient
        if not trajectory:
            trajectory.append(value)
        if len(radii) > 1:
            support_then = support(x)
            entries = support_then / 1.5
        else:
            support_then = clean.numel()
            entries = 0.2 * clean.numel()
        eta = radius
        period = max(int(0.04 * iterations), 1)
        for k in range(1, iterations + 1):
            ascending = gradient.abs().flatten().sort().values
            rank = int(min(max(clean.numel() - entries, 0), clean.numel() - 1))
            signs = torch.where(gradient.abs() >= ascending[rank], gradient.sign(), torch.zeros(()))
            step = eta * signs / max(signs.abs().sum().item(), 1)
            x = nearest_in_l1_box(x + step, clean, radius * (1 - 1e-6))
            value, gradient = value_and_gradient(x)
            trajectory.append(value)
            if value > best_value:
                best, best_value, best_gradient = x, value, gradient
            if k % period == 0:
                now = support(best)
                if support_then > 0 and now / support_then < 0.95:
                    eta, x, gradient = radius, best, best_gradient
                else:
                    eta = max(eta / 1.5, radius / 10)
                support_then, entries = now, now / 1.5
    return trajectory


def main(folder):
    torch.manual_seed(5)
    torch.set_num_threads(1)
    weights = {
        "conv1": torch.randn(4, 1, 3, 3) * 0.5,
        "bias1": torch.randn(4) * 0.1,
        "conv2": torch.randn(6, 4, 3, 3) * 0.3,
        "bias2": torch.randn(6) * 0.1,
        "linear": torch.randn(6, 6 * 4 * 4) * 0.2,
        "bias3": torch.randn(6) * 0.1,
    }
    x = torch.rand(6, 1, 10, 10)
    y = network(weights, x).argmax(1)
    target = (y + 2) % 6
    tensors = dict(weights, x=x, y=y.float(), target=target.float())
    for name, loss in (("ce", cross_entropy), ("dlr", dlr), ("dlr-targeted", dlr_targeted)):
        for norm, eps in (("linf", 0.03), ("l2", 0.12)):
            tensors[f"{name}-{norm}"] = torch.tensor([
                apgd(weights, loss, norm, eps, x[i], y[i].item(), target[i].item()) for i in range(len(x))
            ])
        for name_of_radii, radii in (("", ((1, 50),)), ("-shrinking", ((3, 15), (2, 15), (1, 20)))):
            tensors[f"{name}-l1{name_of_radii}"] = torch.tensor([
                apgd_l1(weights, loss, 0.5, x[i], y[i].item(), target[i].item(), radii) for i in range(len(x))
            ])
    index = {}
    for name, tensor in tensors.items():
        (folder / name).write_bytes(tensor.contiguous().numpy().tobytes())
        index[name] = list(tensor.shape)
    (folder / "index.json").write_text(json.dumps(index))


if __name__ == "__main__":
    main(pathlib.Path(sys.argv[1]))
