"""Tests of loading, checking, saving, sampling and counting arrays."""

import io
import tracemalloc
import zipfile

import numpy as np
import pytest

from digits.dataset import arrays
from digits.dataset.arrays import (
    check_pair,
    class_counts,
    load_array,
    load_pair,
    sample,
    save_rows,
)
from digits.errors import UserError
from tests.synthetic import draw_digits


def error_of(call, *arguments, **keywords):
    """Call a function that must raise a UserError; return the message."""
    with pytest.raises(UserError) as error:
        call(*arguments, **keywords)
    return str(error.value)


def npy_bytes(array, **options):
    """Return the bytes of an array in .npy format."""
    file = io.BytesIO()
    np.save(file, array, **options)
    return file.getvalue()


def zip_bytes(array):
    """Return the bytes of an array in .npz format."""
    file = io.BytesIO()
    np.savez(file, array)
    assert zipfile.is_zipfile(file)
    return file.getvalue()


def test_load_pair_returns_saved_arrays(tmp_path):
    """The images and labels of the requested part are loaded."""
    images, labels = draw_digits(12, seed=0)
    np.save(tmp_path / "train_images.npy", images)
    np.save(tmp_path / "train_labels.npy", labels)
    loaded_images, loaded_labels = load_pair(tmp_path, "train")
    np.testing.assert_array_equal(loaded_images, images)
    np.testing.assert_array_equal(loaded_labels, labels)


def test_pair_is_memory_mapped(tmp_path):
    """The arrays are not in RAM, are read-only, and keep their data if the file is replaced."""
    images, labels = np.ones((20_000, 28, 28), np.uint8), np.ones(20_000, np.uint8)
    np.save(tmp_path / "train_images.npy", images)
    np.save(tmp_path / "train_labels.npy", labels)
    tracemalloc.start()
    loaded, _ = load_pair(tmp_path, "train")
    _, peak = tracemalloc.get_traced_memory()
    tracemalloc.stop()
    assert peak < images.nbytes / 20
    with pytest.raises(ValueError, match="read-only"):
        loaded[0] = 0
    np.save(tmp_path / "new.npy", images * 2)
    (tmp_path / "new.npy").replace(tmp_path / "train_images.npy")
    np.testing.assert_array_equal(loaded, images)


@pytest.mark.parametrize(
    "array", [np.arange(9 * 6, dtype=np.uint8).reshape(9, 2, 3), np.arange(9, dtype=np.uint8)]
)
@pytest.mark.parametrize("positions", [range(9), [0, 4, 5, 8], [7, 2]])
def test_save_rows_writes_what_numpy_save_writes(tmp_path, monkeypatch, array, positions):
    """Rows written in blocks give the same bytes as ``numpy.save``."""
    monkeypatch.setattr(arrays, "BLOCK_SIZE", 2)
    save_rows(tmp_path / "rows.npy", array, np.array(positions))
    assert (tmp_path / "rows.npy").read_bytes() == npy_bytes(array[np.array(positions)])


def test_sample(monkeypatch):
    """A sample is all images up to the limit; beyond it, a fixed spread-out choice in order."""
    labels = np.arange(100, dtype=np.uint8)
    images = np.repeat(labels, 4).reshape(100, 2, 2)
    assert sample(images, labels) == (images, labels)
    monkeypatch.setattr(arrays, "MAX_SAMPLE", 30)
    some_images, some_labels = sample(images, labels)
    assert len(some_labels) == 30
    assert (np.diff(some_labels.astype(int)) > 0).all()
    assert some_labels[0] < 15
    assert some_labels[-1] > 85
    np.testing.assert_array_equal(some_images[:, 1, 1], some_labels)
    np.testing.assert_array_equal(sample(images, labels)[1], some_labels)


IMAGES, LABELS = np.zeros((3, 4, 5), np.uint8), np.array([0, 9, 1], np.uint8)
MISFITS = {
    "fewer labels": (IMAGES, LABELS[:2], "3 images but 2 labels"),
    "no images": (IMAGES[:0], LABELS[:0], "no images"),
    "label 10": (IMAGES, np.array([0, 9, 10], np.uint8), "label 10 of image 2"),
    "flat images": (IMAGES.reshape(3, 20), LABELS, "uint8 (3, 20)"),
    "float images": (IMAGES.astype(np.float32), LABELS, "float32 (3, 4, 5)"),
    "one-hot labels": (IMAGES, np.eye(3, 10, dtype=np.uint8), "uint8 (3, 10)"),
    "wide labels": (IMAGES, LABELS.astype(np.int64), "int64 (3,)"),
}


def test_matching_pair_is_accepted():
    """Labels 0 and 9 are both valid."""
    assert check_pair(IMAGES, LABELS, where="here") is None


@pytest.mark.parametrize(("images", "labels", "says"), MISFITS.values(), ids=MISFITS)
def test_mismatched_pair_is_rejected(images, labels, says):
    """The one-line error names the place and the problem."""
    text = error_of(check_pair, images, labels, where="here")
    assert text.startswith("here: ")
    assert says in text
    assert "\n" not in text


def test_loaded_pair_is_checked(tmp_path):
    """Undamaged files with different numbers of images and labels are rejected."""
    np.save(tmp_path / "validation_images.npy", IMAGES)
    np.save(tmp_path / "validation_labels.npy", LABELS[:1])
    assert "3 images but 1 labels" in error_of(load_pair, tmp_path, "validation")


def test_missing_file_names_the_stage_that_writes_it(tmp_path):
    """The error names the file and the command that writes it."""
    text = error_of(load_pair, tmp_path, "train")
    assert text.startswith(f"{tmp_path}/train_images.npy: no such file")
    assert "dvc repro prepare" in text


WHOLE = npy_bytes(IMAGES)
DAMAGED = {
    "empty": b"",
    "text": b"not an array",
    "truncated header": WHOLE[:40],
    "truncated data": WHOLE[:-1],
    "wrong header length": WHOLE[:8] + bytes([WHOLE[8] ^ 0x40]) + WHOLE[9:],
    "header too long": WHOLE[:8] + (60_000).to_bytes(2, "little") + bytes(60_000),
    "claims terabytes": WHOLE.replace(b"(3, 4, 5)", b"(3000000000000, 4, 5)"),
    "claims more than 64 bits": WHOLE.replace(b"(3, 4, 5)", b"(9999999999, 9999999999)"),
    "claims a huge number": WHOLE.replace(b"(3, 4, 5)", b"(1%s,)" % (b"0" * 60)),
    "claims a negative size": WHOLE.replace(b"(3, 4, 5)", b"(-3, 4, 5)"),
    "nested brackets": b"\x93NUMPY\x01\x00" + (9000).to_bytes(2, "little") + b"[" * 9000,
    "pickle": npy_bytes(np.array([{}], dtype=object), allow_pickle=True),
    "zip archive": zip_bytes(IMAGES),
    "truncated zip archive": zip_bytes(IMAGES)[:50],
}


@pytest.mark.parametrize("content", DAMAGED.values(), ids=DAMAGED)
def test_damaged_array_is_rejected(tmp_path, content):
    """Every kind of damage is a one-line error that names the file."""
    path = tmp_path / "train_images.npy"
    path.write_bytes(content)
    text = error_of(load_array, path)
    assert text.startswith(f"{path}: damaged")
    assert "\n" not in text


def test_class_counts_has_a_row_per_digit_and_a_total():
    """Each part has a column; digits that do not occur count 0."""
    counts = class_counts({"train": np.array([9, 0, 9], np.uint8), "validation": LABELS})
    assert list(counts.index) == [*range(10), "total"]
    assert list(counts["train"]) == [1, 0, 0, 0, 0, 0, 0, 0, 0, 2, 3]
    assert list(counts["validation"]) == [1, 1, 0, 0, 0, 0, 0, 0, 0, 1, 3]
