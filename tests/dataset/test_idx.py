"""Tests of reading IDX files."""

import tracemalloc

import numpy as np
import pytest

from digits.dataset import idx
from digits.errors import UserError
from tests.synthetic import idx_bytes, write_idx, write_raw

IMAGES = np.arange(2 * 3 * 4, dtype=np.uint8).reshape(2, 3, 4)


@pytest.mark.parametrize("array", [IMAGES, np.array([7, 0, 255], np.uint8)], ids=["3-D", "1-D"])
def test_reads_what_was_written(tmp_path, array):
    """A written array is read with the same values, shape and type."""
    write_idx(tmp_path / "file", array)
    read = idx.read(tmp_path / "file", dimensions=array.ndim)
    assert read.dtype == np.uint8
    np.testing.assert_array_equal(read, array)


def test_sizes_are_big_endian(tmp_path):
    """A file written by hand from the description of the format is read correctly."""
    (tmp_path / "file").write_bytes(b"\0\0\x08\x01" + b"\0\0\x01\x02" + bytes(258))
    assert idx.read(tmp_path / "file", dimensions=1).shape == (258,)


def test_is_memory_mapped(tmp_path):
    """The array is not in RAM and is read-only."""
    write_idx(tmp_path / "file", np.ones((20_000, 28, 28), np.uint8))
    tracemalloc.start()
    read = idx.read(tmp_path / "file", dimensions=3)
    _, peak = tracemalloc.get_traced_memory()
    tracemalloc.stop()
    assert peak < read.nbytes / 20
    with pytest.raises(ValueError, match="read-only"):
        read[0] = 0


def test_file_names_are_those_of_mnist(tmp_path):
    """The synthetic raw files have MNIST's file names."""
    write_raw(tmp_path, train=10, test=5, seed=0)
    images = idx.read(tmp_path / "train-images-idx3-ubyte", dimensions=3)
    labels = idx.read(tmp_path / "t10k-labels-idx1-ubyte", dimensions=1)
    assert (images.shape, labels.shape) == ((10, 28, 28), (5,))


WHOLE = idx_bytes(IMAGES)
WRONG = {
    "empty": (b"", "nothing"),
    "truncated magic number": (WHOLE[:3], "000008"),
    "gzip": (b"\x1f\x8b\x08\x00" + WHOLE, "1f8b0800"),
    "signed bytes": (b"\0\0\x09\x03" + WHOLE[4:], "0x09"),
    "labels instead of images": (idx_bytes(IMAGES.ravel()), "1 dimensions"),
    "truncated header": (WHOLE[:10], "header"),
    "truncated data": (WHOLE[:-1], "39 bytes"),
    "extra byte": (WHOLE + b"\0", "41 bytes"),
    "no images": (idx_bytes(IMAGES[:0]), "0 x 3 x 4"),
    "images without pixels": (idx_bytes(IMAGES[:, :, :0]), "2 x 3 x 0"),
}


@pytest.mark.parametrize(("content", "says"), WRONG.values(), ids=WRONG)
def test_malformed_file_is_rejected(tmp_path, content, says):
    """A file that is not exactly one array is a one-line error with its name and the reason."""
    path = tmp_path / "images"
    path.write_bytes(content)
    with pytest.raises(UserError) as error:
        idx.read(path, dimensions=3)
    text = str(error.value)
    assert text.startswith(f"{path}: ")
    assert says in text
    assert "\n" not in text


def test_wrong_header_allocates_no_memory(tmp_path):
    """A header that claims 4 GiB in a file of 20 bytes does not allocate them."""
    path = tmp_path / "labels"
    path.write_bytes(b"\0\0\x08\x01" + b"\xff\xff\xff\xff" + bytes(12))
    tracemalloc.start()
    try:
        with pytest.raises(UserError, match="4294967303"):
            idx.read(path, dimensions=1)
        _, peak = tracemalloc.get_traced_memory()
    finally:
        tracemalloc.stop()
    assert peak < 1 << 20
