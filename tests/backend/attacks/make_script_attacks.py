#!/usr/bin/python3
"""Attacks as their authors might write them, sound and unsound, saved as TorchScript into a folder."""
import os
import sys

import torch

folder = sys.argv[1]


def save(module, name):
    torch.jit.script(module).save(os.path.join(folder, name + ".pt"))


class Bare(torch.nn.Module):
    """Nothing annotated: every argument is a tensor then, the iteration too."""

    @torch.jit.export
    def step(self, x_adv, x, grad, momentum, i):
        return x_adv + 0.01 / (i + 1) * grad.sign(), momentum


class Named(torch.nn.Module):
    """Uses everything that is offered by name, and parameters of three types."""

    def __init__(self):
        super().__init__()
        self.norms = ["linf", "l2"]

    @torch.jit.export
    def step(self, x_adv, x, grad, momentum, i: int, norm: str, steps: int, eps: float, step_size: float,
             gain: float = 1.0, every: int = 1, forward: bool = True):
        if i % every != 0:
            return x_adv, momentum
        sign = 1.0 if forward else -1.0
        size = sign * gain * (step_size + eps / steps)
        if norm == "linf":
            return x_adv + size * grad.sign(), momentum
        return x_adv + size * grad / (grad.flatten(1).norm(2, 1).view(-1, 1, 1, 1) + 1e-12), momentum


class Far(torch.nn.Module):
    @torch.jit.export
    def step(self, x_adv, x, grad, momentum, i: int):
        return x_adv + 100.0 * grad.sign(), momentum


class Writes(torch.nn.Module):
    """Writes into all it is given and returns what it was given."""

    @torch.jit.export
    def step(self, x_adv, x, grad, momentum, i: int):
        x.add_(1.0)
        x_adv.add_(grad.sign(), alpha=0.01)
        grad.zero_()
        return x_adv, x_adv

    @torch.jit.export
    def transform(self, x, seed: int):
        x.mul_(0.5)
        return x


class Mixes(torch.nn.Module):
    @torch.jit.export
    def step(self, x_adv, x, grad, momentum, i: int, step_size: float):
        return x_adv + step_size * grad / grad.abs().mean(), momentum


class NoStep(torch.nn.Module):
    def forward(self, x):
        return x


class FewArguments(torch.nn.Module):
    @torch.jit.export
    def step(self, x_adv, x, grad):
        return x_adv, grad


class WrongType(torch.nn.Module):
    @torch.jit.export
    def step(self, x_adv, x, grad, momentum, i: str):
        return x_adv, momentum


class NoDefault(torch.nn.Module):
    @torch.jit.export
    def step(self, x_adv, x, grad, momentum, i: int, decay: float):
        return x_adv, momentum * decay


class OneValue(torch.nn.Module):
    @torch.jit.export
    def step(self, x_adv, x, grad, momentum, i: int):
        return x_adv


class WrongShape(torch.nn.Module):
    @torch.jit.export
    def step(self, x_adv, x, grad, momentum, i: int):
        return x_adv.flatten(1), momentum


class WrongMomentum(torch.nn.Module):
    @torch.jit.export
    def step(self, x_adv, x, grad, momentum, i: int):
        return x_adv, momentum.mean()


class NotFinite(torch.nn.Module):
    @torch.jit.export
    def step(self, x_adv, x, grad, momentum, i: int):
        return x_adv + grad / (grad - grad), momentum


class Endless(torch.nn.Module):
    @torch.jit.export
    def step(self, x_adv, x, grad, momentum, i: int):
        while bool(x_adv.sum() > -1.0):
            momentum = momentum + 1.0
        return x_adv, momentum


class Random(torch.nn.Module):
    @torch.jit.export
    def step(self, x_adv, x, grad, momentum, i: int):
        return x_adv + 0.01 * torch.rand_like(x), momentum


class RandomInPlace(torch.nn.Module):
    @torch.jit.export
    def step(self, x_adv, x, grad, momentum, i: int):
        return x_adv + x.clone().uniform_(-0.01, 0.01), momentum


class Reads(torch.nn.Module):
    @torch.jit.export
    def step(self, x_adv, x, grad, momentum, i: int):
        return x_adv + torch.from_file("secret", size=1).sum(), momentum


class Remembers(torch.nn.Module):
    def __init__(self):
        super().__init__()
        self.last = torch.zeros(1)

    @torch.jit.export
    def step(self, x_adv, x, grad, momentum, i: int):
        self.last = grad
        return x_adv, momentum


class NoGradient(torch.nn.Module):
    @torch.jit.export
    def step(self, x_adv, x, grad, momentum, i: int):
        return x_adv, momentum

    @torch.jit.export
    def transform(self, x, seed: int):
        return x.detach()


class Shrinks(torch.nn.Module):
    @torch.jit.export
    def step(self, x_adv, x, grad, momentum, i: int):
        return x_adv, momentum

    @torch.jit.export
    def transform(self, x, seed: int):
        return x[:, :, 1:, 1:]


class BadNorm(torch.nn.Module):
    def __init__(self):
        super().__init__()
        self.norms = "linf, l3"

    @torch.jit.export
    def step(self, x_adv, x, grad, momentum, i: int):
        return x_adv, momentum


sound = [Bare, Named, Far, Writes, Mixes]
unsound = [NoStep, FewArguments, WrongType, NoDefault, OneValue, WrongShape, WrongMomentum, NotFinite, Endless,
           Random, RandomInPlace, Reads, Remembers, NoGradient, Shrinks, BadNorm]
for kind in sound + unsound:
    save(kind(), kind.__name__)
