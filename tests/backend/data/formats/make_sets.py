"""Writes data sets with numpy for the tests of the array formats.

The value of channel c, row y and column x of image i is (7 i + 50 c + 3 y + x) mod 256 everywhere.
"""

import gzip
import os
import struct
import sys

import numpy as np

folder = sys.argv[1]


def images(count, height, width, channels, first=0):
    i, y, x, c = np.meshgrid(np.arange(first, first + count), np.arange(height), np.arange(width),
                             np.arange(channels), indexing="ij")
    return ((7 * i + 50 * c + 3 * y + x) % 256).astype(np.uint8)


def npz(name, packed=False, **arrays):
    (np.savez_compressed if packed else np.savez)(os.path.join(folder, name), **arrays)


def cifar(path, first, count, hundred=False):
    with open(path, "wb") as file:
        for i, picture in enumerate(images(count, 32, 32, 3, first), first):
            file.write(bytes([i % 3, i % 7]) if hundred else bytes([i % 10]))
            file.write(picture.transpose(2, 0, 1).tobytes())


def idx(path, array):
    data = struct.pack(">BBBB", 0, 0, 8, array.ndim) + struct.pack(">" + "I" * array.ndim, *array.shape)
    with (gzip.open if path.endswith(".gz") else open)(path, "wb") as file:
        file.write(data + array.astype(np.uint8).tobytes())


ten = os.path.join(folder, "ten", "cifar-10-batches-bin")
os.makedirs(ten)
for batch in range(5):
    cifar(os.path.join(ten, "data_batch_%d.bin" % (batch + 1)), 4 * batch, 4)
cifar(os.path.join(ten, "test_batch.bin"), 20, 3)
with open(os.path.join(ten, "batches.meta.txt"), "w") as file:
    file.write("\n".join("airplane automobile bird cat deer dog frog horse ship truck".split()) + "\n\n")
hundred = os.path.join(folder, "hundred")
os.makedirs(hundred)
cifar(os.path.join(hundred, "train.bin"), 0, 9, True)
cifar(os.path.join(hundred, "test.bin"), 9, 2, True)
with open(os.path.join(hundred, "coarse_label_names.txt"), "w") as file:
    file.write("\n".join("super%d" % i for i in range(20)) + "\n")

pair = os.path.join(folder, "pair")
os.makedirs(pair)
idx(os.path.join(pair, "letters-images-idx3-ubyte.gz"), images(50, 4, 5, 1)[..., 0])
idx(os.path.join(pair, "letters-labels-idx1-ubyte"), np.arange(50) % 4)
two = os.path.join(folder, "two")
os.makedirs(two)
for token, first, count in (("train", 0, 6), ("test", 6, 2)):
    idx(os.path.join(two, "emnist-%s-images-idx3-ubyte" % token), images(count, 4, 5, 1, first)[..., 0])
    idx(os.path.join(two, "emnist-%s-labels-idx1-ubyte" % token), np.arange(first, first + count) % 2)

keras = dict(x_train=images(6, 4, 5, 1)[..., 0], y_train=np.arange(6) % 3, x_test=images(2, 4, 5, 1, 6)[..., 0],
             y_test=np.arange(2))
npz("keras.npz", **keras)
npz("medmnist.npz", packed=True, train_images=images(6, 4, 5, 3), train_labels=(np.arange(6) % 3).reshape(-1, 1),
    val_images=images(3, 4, 5, 3, 6), val_labels=np.zeros((3, 1), np.int64), test_images=images(2, 4, 5, 3, 9),
    test_labels=np.ones((2, 1), np.uint8), train_age=np.arange(6.0), val_age=np.arange(6.0, 9),
    test_age=np.array([9.0, np.nan]))
npz("single.npz", images=images(40, 4, 5, 3), labels=np.array(["dog", "cat"] * 20),
    domain=np.arange(40) % 2, tone=np.array(["", "light", "dark", "dark"] * 10), glasses=np.arange(40) % 2 == 0,
    age=np.arange(40) / 2, captions=np.array(["picture %d" % i for i in range(40)]),
    names=np.array(["%d.png" % i for i in range(40)]), unrelated=np.arange(7))
npz("split.npz", X=images(10, 4, 5, 1), y=np.arange(10) % 2, split=np.array(["train", "test"] * 5),
    classes=np.array(["even", "odd"]))
real = images(10, 4, 5, 3).astype(np.float32) / 255
npz("planes.npz", images=real.transpose(0, 3, 1, 2), labels=np.arange(10) % 2)
npz("signed.npz", images=(real * 2 - 1).astype(np.float16), labels=np.arange(10) % 2)
npz("reals255.npz", arr_0=images(10, 4, 5, 3).astype(np.float64), arr_1=np.arange(10) % 2)
npz("sixteen.npz", images=images(10, 4, 5, 1)[..., 0].astype(np.uint16) * 257, labels=np.arange(10) % 2)
npz("alpha.npz", images=images(10, 6, 5, 4), labels=np.arange(10) % 2)
npz("flat.npz", X=(images(10, 4, 4, 1) % 17).reshape(10, 16).astype(np.float64), y=np.arange(10) % 2)
npz("onehot.npz", images=images(10, 4, 5, 1)[..., 0], labels=np.eye(2)[np.arange(10) % 2])
npz("multilabel.npz", images=images(10, 4, 5, 1)[..., 0], labels=np.ones((10, 2)))
npz("ambiguous.npz", images=images(10, 3, 5, 3), labels=np.arange(10) % 2)
npz("odd_range.npz", images=real * 5 - 2, labels=np.arange(10) % 2)
nan = real.copy()
nan[4, 1, 2, 0] = np.nan
npz("nan.npz", images=nan, labels=np.arange(10) % 2)
npz("gap.npz", images=images(10, 4, 5, 3), labels=np.arange(10) % 2 + 1)
npz("half_labels.npz", images=images(10, 4, 5, 3), labels=np.arange(10) / 2)
npz("negative.npz", images=images(10, 4, 5, 3), labels=np.arange(10) - 1)
npz("strange_keys.npz", first=images(10, 4, 5, 3), second=images(10, 4, 5, 3), third=np.arange(10))
npz("only_one.npz", pictures=images(10, 4, 5, 3), kinds=np.arange(10) % 2)
npz("no_images.npz", a=np.arange(5))
npz("huge.npz", images=images(10, 4, 5, 3), labels=np.arange(10) % 2)
loose = os.path.join(folder, "loose")
os.makedirs(loose)
for key, array in keras.items():
    np.save(os.path.join(loose, key + ".npy"), array)
