"""Writes arrays with numpy for tst_npy.cpp, and what they hold as JSON."""

import json
import os
import sys
import zipfile

import numpy as np

folder = sys.argv[1]
expected = {}


def save(name, array, version=None):
    array = np.asarray(array)
    path = os.path.join(folder, name + ".npy")
    with open(path, "wb") as file:
        np.lib.format.write_array(file, array, version=version)
    entry = {"shape": list(array.shape)}
    if array.dtype.kind in "US":
        entry["texts"] = [t.decode("latin-1") if isinstance(t, bytes) else str(t) for t in array.ravel()]
    else:
        entry["values"] = [float(v) for v in array.astype(np.float64).ravel()]
    expected[name] = entry


grid = np.arange(24).reshape(2, 3, 4)
for kind in ["u1", "u2", "u4", "u8", "i1", "i2", "i4", "i8", "f2", "f4", "f8"]:
    values = grid - (7 if kind[0] != "u" else 0)
    for order, sign in (("little", "<"), ("big", ">")):
        save("{}_{}".format(kind, order), values.astype(sign + kind))
save("bool", grid % 3 == 0)
save("fraction", np.array([0.1, -2.5e-8, 3e38, 0.0], dtype="<f4"))
save("u2_high", np.array([0, 1, 65535], dtype="<u2"))
save("u4_high", np.array([0, 4294967295], dtype="<u4"))
save("u8_high", np.array([9007199254740992], dtype=">u8"))
save("fortran", np.asfortranarray(grid.astype("<f4")))
save("fortran_matrix", np.asfortranarray(np.arange(6).reshape(2, 3).astype(">i4")))
save("scalar", np.float64(2.5))
save("one", np.array([7], dtype="<i8"))
save("empty", np.zeros((0, 28, 28), dtype="u1"))
save("empty_last", np.zeros((5, 0), dtype="<f4"))
save("version_2", grid.astype("<i2"), version=(2, 0))
save("version_3", grid.astype("<i2"), version=(3, 0))
save("texts", np.array(["cat", "dog", "Gr\u00fc\u00dfe", "\U0001f600", ""]))
save("texts_big", np.array(["cat", "\u00e9t\u00e9"]).astype(">U5"))
save("bytes", np.array([b"cat", b"dog", b"caf\xe9"]))

np.savez(os.path.join(folder, "stored.npz"), grid=grid.astype("<f4"), names=np.array(["a", "b"]))
np.savez_compressed(os.path.join(folder, "packed.npz"), grid=grid.astype("<f4"), zeros=np.zeros((100, 100)))
np.save(os.path.join(folder, "objects.npy"), np.array([{"a": 1}, None], dtype=object), allow_pickle=True)
np.save(os.path.join(folder, "records.npy"), np.zeros(3, dtype=[("a", "<i4"), ("b", "<f4")]))
np.save(os.path.join(folder, "complex.npy"), np.zeros(3, dtype="<c8"))
np.save(os.path.join(folder, "too_high.npy"), np.array([2**64 - 1], dtype="<u8"))
with zipfile.ZipFile(os.path.join(folder, "zip64.zip"), "w") as archive:
    with archive.open("big.txt", "w", force_zip64=True) as entry:
        entry.write(b"small, but written as if it were big")
with zipfile.ZipFile(os.path.join(folder, "traversal.zip"), "w") as archive:
    archive.writestr("../evil.npy", b"x")
with zipfile.ZipFile(os.path.join(folder, "bomb.zip"), "w", zipfile.ZIP_DEFLATED) as archive:
    archive.writestr("bomb.bin", b"\0" * (64 << 20))
with zipfile.ZipFile(os.path.join(folder, "bzip2.zip"), "w", zipfile.ZIP_BZIP2) as archive:
    archive.writestr("a.npy", b"x" * 100)
with zipfile.ZipFile(os.path.join(folder, "good.zip"), "w", zipfile.ZIP_DEFLATED) as archive:
    archive.writestr("folder/", b"")
    archive.writestr("folder/text.txt", b"hello hello hello hello")
    archive.writestr(zipfile.ZipInfo("plain.txt"), b"stored")
    archive.comment = b"a comment at the end"

with open(os.path.join(folder, "expected.json"), "w") as file:
    json.dump(expected, file)
