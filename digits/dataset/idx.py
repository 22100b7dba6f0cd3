"""The IDX file format of MNIST: a magic number, the dimensions, then unsigned bytes.

Format: http://yann.lecun.com/exdb/mnist/ (also described at
https://github.com/cvdfoundation/mnist). Magic number: two zero bytes, a type code (0x08:
unsigned byte), the number of dimensions; then each dimension as a big-endian 32-bit integer.
"""

import math
import os
import struct

import numpy as np

from digits.errors import UserError

UNSIGNED_BYTE = 0x08

# MNIST's own names. Its training set is trained on; its test set is what we validate on.
FILES = {
    "train_images": "train-images-idx3-ubyte",
    "train_labels": "train-labels-idx1-ubyte",
    "test_images": "t10k-images-idx3-ubyte",
    "test_labels": "t10k-labels-idx1-ubyte",
}


def read(path, *, dimensions):
    """Check an IDX file of unsigned bytes and map it into memory.

    The length of the file is compared with what its header says before anything is mapped.

    Args:
        path: an uncompressed IDX file.
        dimensions: how many dimensions it must have (3: images, 1: labels).

    Returns:
        A uint8 array of the shape that the header gives, not to be written to: its bytes stay in
        the file until they are asked for.

    Raises:
        UserError: the file is not exactly one such array.
        OSError: it cannot be read.
    """
    with open(path, "rb") as file:
        length = os.fstat(file.fileno()).st_size
        magic = file.read(4)
        if len(magic) < 4 or magic[:2] != b"\0\0":
            raise UserError(
                f"{path}: not an IDX file: begins with {magic.hex() or 'nothing'}, not with 0000"
            )
        if magic[2] != UNSIGNED_BYTE:
            raise UserError(f"{path}: IDX type 0x{magic[2]:02x}, must be 0x08 (unsigned byte)")
        if magic[3] != dimensions:
            raise UserError(f"{path}: has {magic[3]} dimensions, must have {dimensions}")
        sizes = file.read(4 * dimensions)
        if len(sizes) < 4 * dimensions:
            raise UserError(f"{path}: ends within its header, after {length} bytes")
        shape = struct.unpack(f">{dimensions}I", sizes)
        if 0 in shape:
            raise UserError(f"{path}: holds nothing: its dimensions are {_times(shape)}")
        expected = 4 + 4 * dimensions + math.prod(shape)
        if length != expected:
            raise UserError(
                f"{path}: {length} bytes, but its header ({_times(shape)}) asks for {expected}"
            )
        try:
            return np.memmap(file, np.uint8, "r", offset=file.tell(), shape=shape)
        except ValueError as error:  # there is less to map than there was a moment ago
            raise UserError(f"{path}: became shorter while it was read") from error


def _times(shape):
    return " x ".join(map(str, shape))
