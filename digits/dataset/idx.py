"""Reader for IDX, the file format of MNIST.

A file has a magic number (two zero bytes, a type code, the number of dimensions), the size of each
dimension as a big-endian 32-bit integer, and the data (http://yann.lecun.com/exdb/mnist/).
"""

import math
import os
import struct

import numpy as np

from digits.dataset.arrays import check_pair
from digits.errors import UserError

UNSIGNED_BYTE = 0x08  # the type code of all MNIST files

# MNIST's own file names. Its test set is this project's official validation set.
FILES = {
    "train_images": "train-images-idx3-ubyte",
    "train_labels": "train-labels-idx1-ubyte",
    "test_images": "t10k-images-idx3-ubyte",
    "test_labels": "t10k-labels-idx1-ubyte",
}


def read(path, *, dimensions):
    """Memory-map an IDX file of unsigned bytes as a uint8 array, read-only.

    It must have this number of dimensions (3: images, 1: labels). Its length is compared with its
    header before anything is mapped. Raises UserError if it is not exactly one such array.
    """
    with open(path, "rb") as file:
        length = os.fstat(file.fileno()).st_size
        magic = file.read(4)
        if len(magic) < 4 or magic[:2] != b"\0\0":
            raise UserError(
                f"{path}: not an IDX file: starts with {magic.hex() or 'nothing'}, not with 0000"
            )
        if magic[2] != UNSIGNED_BYTE:
            raise UserError(f"{path}: IDX type 0x{magic[2]:02x}, must be 0x08 (unsigned byte)")
        if magic[3] != dimensions:
            raise UserError(f"{path}: has {magic[3]} dimensions, must have {dimensions}")
        sizes = file.read(4 * dimensions)
        if len(sizes) < 4 * dimensions:
            raise UserError(f"{path}: truncated in its header, after {length} bytes")
        shape = struct.unpack(f">{dimensions}I", sizes)
        if 0 in shape:
            raise UserError(f"{path}: contains no data: its dimensions are {_format_shape(shape)}")
        expected = 4 + 4 * dimensions + math.prod(shape)
        if length != expected:
            raise UserError(
                f"{path}: has {length} bytes, but its header ({_format_shape(shape)}) requires"
                f" {expected}"
            )
        return np.memmap(file, np.uint8, "r", offset=file.tell(), shape=shape)


def read_pair(folder, part):
    """Memory-map the images and labels of a part, ``train`` or ``test``, read-only.

    Returns images, uint8 (n, height, width), and labels, uint8 (n,). Raises UserError if a file is
    damaged or if they do not match.
    """
    images, labels = (folder / FILES[f"{part}_{kind}"] for kind in ("images", "labels"))
    pair = read(images, dimensions=3), read(labels, dimensions=1)
    check_pair(*pair, where=f"{images} and {labels.name}")
    return pair


def _format_shape(shape):
    return " x ".join(map(str, shape))
