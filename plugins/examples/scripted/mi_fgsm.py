#!/usr/bin/python3
"""MI-FGSM (Dong et al. 2018, arXiv 1710.06081) as a scripted attack of Assay.

    /usr/bin/python3 mi_fgsm.py FOLDER      writes FOLDER/mi_fgsm.pt

Put the file into the folder "attacks" of a workspace: it is listed as script:mi_fgsm.
"""
import os
import sys

import torch


class MiFgsm(torch.nn.Module):
    def __init__(self):
        super().__init__()
        self.title = "MI-FGSM (scripted)"
        self.summary = "Repeated steps along a momentum of normalised gradients."
        self.reference = "Dong et al. 2018, arXiv 1710.06081"
        self.norms = "linf"

    @torch.jit.export
    def step(self, x_adv: torch.Tensor, x: torch.Tensor, grad: torch.Tensor, momentum: torch.Tensor,
             i: int, step_size: float, decay: float = 1.0):
        # Per image: an image's result must not depend on the others in its batch.
        mean = grad.abs().mean(dim=[1, 2, 3], keepdim=True) + 1e-12
        momentum = momentum * decay + grad / mean
        return x_adv + step_size * momentum.sign(), momentum


if __name__ == "__main__":
    folder = sys.argv[1] if len(sys.argv) > 1 else "."
    torch.jit.script(MiFgsm()).save(os.path.join(folder, "mi_fgsm.pt"))
