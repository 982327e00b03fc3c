#!/usr/bin/python3
"""MI-FGSM on randomly shrunken and padded images, after Xie et al. 2019 (arXiv 1803.06978), as a scripted
attack of Assay with a transform.

    /usr/bin/python3 di_mi_fgsm.py FOLDER      writes FOLDER/di_mi_fgsm.pt

The paper enlarges; this example shrinks, so that the image keeps its size without being resized back.
"""
import os
import sys
from typing import Tuple

import torch
import torch.nn.functional as F


def draw(seed: int, count: int) -> Tuple[int, int]:
    """A number below count, and the seed of the next draw: the generator of Park and Miller. TorchScript's own
    random numbers are not let through, since nobody could repeat a result that they went into."""
    seed = (seed * 48271 + 11) % 2147483647
    return (seed // 7) % count, seed


class DiMiFgsm(torch.nn.Module):
    def __init__(self):
        super().__init__()
        self.title = "DI-MI-FGSM (scripted)"
        self.summary = "MI-FGSM on images that are shrunk and padded at random."
        self.reference = "Xie et al. 2019, arXiv 1803.06978"
        self.norms = "linf"

    @torch.jit.export
    def step(self, x_adv: torch.Tensor, x: torch.Tensor, grad: torch.Tensor, momentum: torch.Tensor,
             i: int, step_size: float, decay: float = 1.0):
        mean = grad.abs().mean(dim=[1, 2, 3], keepdim=True) + 1e-12
        momentum = momentum * decay + grad / mean
        return x_adv + step_size * momentum.sign(), momentum

    @torch.jit.export
    def transform(self, x: torch.Tensor, seed: int, probability: float = 0.5, least: float = 0.9):
        coin, seed = draw(seed, 1000)
        if coin >= int(probability * 1000):
            return x
        height = x.size(2)
        width = x.size(3)
        smallest = max(int(height * least), 1)
        more, seed = draw(seed, height - smallest + 1)
        h = smallest + more
        w = max(width * h // height, 1)
        top, seed = draw(seed, height - h + 1)
        left, seed = draw(seed, width - w + 1)
        small = F.interpolate(x, size=[h, w], mode="bilinear", align_corners=False)
        return F.pad(small, [left, width - w - left, top, height - h - top])


if __name__ == "__main__":
    folder = sys.argv[1] if len(sys.argv) > 1 else "."
    torch.jit.script(DiMiFgsm()).save(os.path.join(folder, "di_mi_fgsm.pt"))
