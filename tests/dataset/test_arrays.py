"""Images and labels are checked against each other and against damage on disk."""

import io
import zipfile

import numpy as np
import pytest

from digits.dataset.arrays import check_pair, class_counts, load_array, load_pair
from digits.errors import UserError
from tests.synthetic import draw_digits


def error_of(call, *arguments, **keywords):
    """Call what must raise a UserError; return its text."""
    with pytest.raises(UserError) as error:
        call(*arguments, **keywords)
    return str(error.value)


def npy_bytes(array, **options):
    """Put an array into the .npy format."""
    file = io.BytesIO()
    np.save(file, array, **options)
    return file.getvalue()


def zip_bytes(array):
    """Put an array into the .npz format."""
    file = io.BytesIO()
    np.savez(file, array)
    assert zipfile.is_zipfile(file)
    return file.getvalue()


def test_pair_comes_back(tmp_path):
    """What was saved is what is loaded, of the part that was asked for."""
    images, labels = draw_digits(12, seed=0)
    np.save(tmp_path / "train_images.npy", images)
    np.save(tmp_path / "train_labels.npy", labels)
    loaded_images, loaded_labels = load_pair(tmp_path, "train")
    np.testing.assert_array_equal(loaded_images, images)
    np.testing.assert_array_equal(loaded_labels, labels)


IMAGES, LABELS = np.zeros((3, 4, 5), np.uint8), np.array([0, 9, 1], np.uint8)
MISFITS = {
    "fewer labels": (IMAGES, LABELS[:2], "3 images but 2 labels"),
    "none": (IMAGES[:0], LABELS[:0], "no images"),
    "no digit": (IMAGES, np.array([0, 9, 10], np.uint8), "label 10 of image 2"),
    "flat images": (IMAGES.reshape(3, 20), LABELS, "uint8 (3, 20)"),
    "float images": (IMAGES.astype(np.float32), LABELS, "float32 (3, 4, 5)"),
    "one-hot labels": (IMAGES, np.eye(3, 10, dtype=np.uint8), "uint8 (3, 10)"),
    "wide labels": (IMAGES, LABELS.astype(np.int64), "int64 (3,)"),
}


def test_pair_that_fits_is_accepted():
    """The digits 0 and 9 are both within."""
    assert check_pair(IMAGES, LABELS, where="here") is None


@pytest.mark.parametrize(("images", "labels", "says"), MISFITS.values(), ids=MISFITS)
def test_pair_that_does_not_fit_is_refused(images, labels, says):
    """The error says where and what, in one line."""
    text = error_of(check_pair, images, labels, where="here")
    assert text.startswith("here: ")
    assert says in text
    assert "\n" not in text


def test_loaded_pair_is_checked(tmp_path):
    """Files that are whole but do not belong together are refused."""
    np.save(tmp_path / "validation_images.npy", IMAGES)
    np.save(tmp_path / "validation_labels.npy", LABELS[:1])
    assert "3 images but 1 labels" in error_of(load_pair, tmp_path, "validation")


def test_missing_file_names_the_stage_that_writes_it(tmp_path):
    """The line says how to get the file."""
    text = error_of(load_pair, tmp_path, "train")
    assert text == f"{tmp_path}/train_images.npy: no such file; dvc repro prepare writes it"


WHOLE = npy_bytes(IMAGES)
DAMAGED = {
    "empty": b"",
    "text": b"not an array",
    "ends in the header": WHOLE[:40],
    "ends in the body": WHOLE[:-1],
    "another header length": WHOLE[:8] + bytes([WHOLE[8] ^ 0x40]) + WHOLE[9:],
    "a header too long": WHOLE[:8] + (60_000).to_bytes(2, "little") + bytes(60_000),
    "claims terabytes": WHOLE.replace(b"(3, 4, 5)", b"(3000000000000, 4, 5)"),
    "a pickle": npy_bytes(np.array([{}], dtype=object), allow_pickle=True),
    "a zip archive": zip_bytes(IMAGES),
    "half a zip archive": zip_bytes(IMAGES)[:50],
}


@pytest.mark.parametrize("content", DAMAGED.values(), ids=DAMAGED)
def test_damaged_array_is_refused(tmp_path, content):
    """Whatever is wrong with the file is told in one line that names it."""
    path = tmp_path / "train_images.npy"
    path.write_bytes(content)
    text = error_of(load_array, path)
    assert text.startswith(f"{path}: damaged")
    assert "\n" not in text


def test_class_counts_has_a_row_a_digit_and_totals():
    """Each part is counted in its column, digits that do not occur as 0."""
    counts = class_counts({"train": np.array([9, 0, 9], np.uint8), "validation": LABELS})
    assert list(counts.index) == [*range(10), "total"]
    assert list(counts["train"]) == [1, 0, 0, 0, 0, 0, 0, 0, 0, 2, 3]
    assert list(counts["validation"]) == [1, 1, 0, 0, 0, 0, 0, 0, 0, 1, 3]
