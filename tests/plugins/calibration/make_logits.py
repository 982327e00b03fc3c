"""Logits that are twice too sure, with labels, as NPZ; and what is to be measured of them, by formulas of numpy."""

import json
import sys

import numpy as np
from scipy.optimize import brentq

BINS = 15
FOLDER = sys.argv[1]

random = np.random.default_rng(7)
given = random.normal(size=(3000, 5)) * 1.5
chances = np.exp(given) / np.exp(given).sum(1, keepdims=True)
labels = (chances.cumsum(1) < random.random((3000, 1))).sum(1).clip(0, 4)
logits = (2 * given).astype(np.float32)
np.savez(f"{FOLDER}/too_sure.npz", logits=logits, labels=labels.astype(np.int64))

z = logits.astype(np.float64)
p = np.exp(z - np.logaddexp.reduce(z, 1, keepdims=True))
truth = np.eye(5)[labels]
confidence, correct = p.max(1), p.argmax(1) == labels


def ece(values, outcomes):
    bins = np.clip(np.ceil(values * BINS).astype(int) - 1, 0, BINS - 1)
    sums = np.bincount(bins, weights=outcomes - values, minlength=BINS)
    return np.abs(sums).sum() / len(values), bins


def by_mass(values, outcomes):
    order = np.argsort(values, kind="stable")
    return sum(abs((outcomes[part] - values[part]).sum()) for part in np.array_split(order, BINS)) / len(values)


def smooth_error(sigma, places=np.linspace(0, 1, 4001)):
    """Integral of the smoothed residual's size; the samples mirrored at 0 and 1 stand beside them."""
    mirrored = np.concatenate([confidence, -confidence, 2 - confidence])
    residual = np.tile(correct - confidence, 3) / len(confidence)
    order = np.argsort(mirrored)
    mirrored, residual = mirrored[order], residual[order]
    size = []
    for place in places:
        near = slice(*np.searchsorted(mirrored, [place - 8 * sigma, place + 8 * sigma]))
        kernel = np.exp(-((place - mirrored[near]) ** 2) / (2 * sigma**2)) / (sigma * np.sqrt(2 * np.pi))
        size.append(abs(kernel @ residual[near]))
    return np.trapz(size, places)


top, bins = ece(confidence, correct)
counts = np.bincount(bins, minlength=BINS)
gaps = np.bincount(bins, weights=correct - confidence, minlength=BINS)[counts > 0] / counts[counts > 0]
order = np.argsort(confidence)
expected = {
    "accuracy": correct.mean(),
    "nll": -np.log(p[np.arange(len(p)), labels]).mean(),
    "brier": ((p - truth) ** 2).sum(1).mean(),
    "ece": top,
    "ece_equal_mass": by_mass(confidence, correct),
    "ece_classwise": np.mean([ece(p[:, c], truth[:, c])[0] for c in range(5)]),
    "mce": np.abs(gaps).max(),
    "ks": np.abs(np.cumsum((correct - confidence)[order])).max() / len(p),
    "smece": brentq(lambda sigma: smooth_error(sigma) - sigma, 0.01, 0.5, xtol=1e-10),
}
with open(f"{FOLDER}/expected.json", "w") as file:
    json.dump({key: float(value) for key, value in expected.items()}, file)
