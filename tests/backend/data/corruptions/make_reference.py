"""Pixelates and compresses pictures as the published code does, with Pillow: make_reference.py FOLDER SIDE.

Reads FOLDER/in-N.png (SIDE x SIDE), writes FOLDER/pixelate-N-LEVEL.png and FOLDER/jpeg_compression-N-LEVEL.png."""

import glob
import io
import os
import sys

from PIL import Image

KEPT = [0.95, 0.9, 0.85, 0.75, 0.65]
QUALITY = [80, 65, 58, 50, 40]

folder, side = sys.argv[1], int(sys.argv[2])
for path in glob.glob(os.path.join(folder, "in-*.png")):
    number = os.path.basename(path)[3:-4]
    image = Image.open(path)
    for level in range(1, 6):
        cells = int(side * KEPT[level - 1])
        pixelated = image.resize((cells, cells), Image.BOX).resize((side, side), Image.BOX)
        pixelated.save(os.path.join(folder, f"pixelate-{number}-{level}.png"))
        buffer = io.BytesIO()
        image.save(buffer, "JPEG", quality=QUALITY[level - 1])
        Image.open(buffer).save(os.path.join(folder, f"jpeg_compression-{number}-{level}.png"))
