"""Writes the answers of an imaginary classifier with numpy for tst_predictions.cpp.

Logit of class k for sample i: (i mod 4 == k) * 2.5 - 0.25 k + 0.01 i.
"""

import os
import sys

import numpy as np

folder = sys.argv[1]
i, k = np.meshgrid(np.arange(8), np.arange(4), indexing="ij")
logits = (i % 4 == k) * 2.5 - 0.25 * k + 0.01 * i
probs = np.exp(logits) / np.exp(logits).sum(1, keepdims=True)
labels = np.arange(8) % 4
labels[7] = 0  # the only wrong answer
names = np.array(["ant", "bee", "cow", "dog"])


def path(name):
    return os.path.join(folder, name)


def csv(name, header, rows, separator=","):
    with open(path(name), "w") as file:
        for row in ([header] if header else []) + rows:
            file.write(separator.join(str(v) for v in row) + "\n")


np.savez(path("logits.npz"), logits=logits.astype("<f4"), labels=labels)
np.savez_compressed(path("probs.npz"), probs=probs.astype("<f2"), y_true=names[labels], classes=names)
np.savez(path("scores.npz"), scores=1 / (1 + np.exp(-logits)))
np.save(path("bare.npy"), logits)
bad = logits.copy()
bad[2, 1] = np.nan
bad[5, 0] = np.inf
np.savez(path("nan.npz"), logits=bad, labels=labels)
np.savez(path("short.npz"), logits=logits, labels=labels[:5])
np.savez(path("wrong_label.npz"), logits=logits, labels=labels + 1)
np.savez(path("one_class.npz"), logits=logits[:, :1])
np.savez(path("images.npz"), images=np.zeros((3, 4, 4), np.uint8), labels=np.arange(3))
np.savez(path("empty.npz"), logits=np.zeros((0, 4)))
csv("named.csv", ["id", "prob_ant", "prob_bee", "prob_cow", "prob_dog", "confidence", "label"],
    [["x%d" % n] + list(p) + [max(p), names[l]] for n, (p, l) in enumerate(zip(probs, labels))])
csv("classes.tsv", ["label"] + list(names), [[l] + list(p) for p, l in zip(logits, labels)], "\t")
csv("frame.csv", [""] + list(range(4)), [[n] + list(p) for n, p in enumerate(logits)])
csv("plain.csv", None, [list(p) + [l] for p, l in zip(logits, labels)])
csv("nan.csv", ["logit_0", "logit_1"], [[1.5, 2.5], [0.5, "nan"], ["", 1.0], [1, 2]])
csv("manifest.csv", ["path", "label", "age", "tone"], [["a.png", 0, 31, 4], ["b.png", 1, 25, 2]])
csv("stranger.csv", ["ant", "bee", "label"], [[0.5, 1.5, "cat"]])
