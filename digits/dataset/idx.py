"""The IDX file format of MNIST: a magic number, the dimensions, then unsigned bytes.

Format: http://yann.lecun.com/exdb/mnist/ (also described at
https://github.com/cvdfoundation/mnist). Magic number: two zero bytes, a type code (0x08:
unsigned byte), the number of dimensions; then each dimension as a big-endian 32-bit integer.
"""

import math

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
    """Read an IDX file of unsigned bytes.

    The length of the file, never what its header claims, says how much is read.

    Args:
        path: an uncompressed IDX file.
        dimensions: how many dimensions it must have (3: images, 1: labels).

    Returns:
        A uint8 array of the shape that the header gives.

    Raises:
        UserError: the file is not exactly one such array.
        OSError: it cannot be read.
    """
    content = np.fromfile(path, np.uint8)
    magic = content[:4].tobytes()
    if len(magic) < 4 or magic[:2] != b"\0\0":
        raise UserError(
            f"{path}: not an IDX file: begins with {magic.hex() or 'nothing'}, not with 0000"
        )
    if magic[2] != UNSIGNED_BYTE:
        raise UserError(f"{path}: IDX type 0x{magic[2]:02x}, must be 0x08 (unsigned byte)")
    if magic[3] != dimensions:
        raise UserError(f"{path}: has {magic[3]} dimensions, must have {dimensions}")
    header, length = 4 + 4 * dimensions, len(content)
    if length < header:
        raise UserError(f"{path}: ends within its header, after {length} bytes")
    shape = content[4:header].view(">u4").tolist()
    sides = " x ".join(map(str, shape))
    if 0 in shape:
        raise UserError(f"{path}: holds nothing: its dimensions are {sides}")
    expected = header + math.prod(shape)
    if length != expected:
        raise UserError(f"{path}: {length} bytes, but its header ({sides}) asks for {expected}")
    return content[header:].reshape(shape)
