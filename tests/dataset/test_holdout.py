"""Tests of the stratified holdout split."""

import numpy as np
import pytest

from digits.dataset.holdout import Subset, holdout
from digits.errors import UserError

# 30 images of digit 0 and 20 of each other digit.
LABELS = np.random.default_rng(0).permutation(
    np.repeat(np.arange(10), [30] + [20] * 9).astype(np.uint8)
)


def test_parts_are_disjoint_and_cover_all():
    """Each image is in exactly one part, and both parts are in ascending order."""
    kept, held_out = holdout(LABELS, size=63, seed=1)
    assert (len(kept), len(held_out)) == (147, 63)
    np.testing.assert_array_equal(np.sort(np.concatenate([kept, held_out])), np.arange(210))
    assert (np.diff(kept) > 0).all()
    assert (np.diff(held_out) > 0).all()


def test_every_digit_keeps_its_share():
    """A tenth of all images contains a tenth of each digit."""
    _, held_out = holdout(LABELS, size=21, seed=1)
    np.testing.assert_array_equal(np.bincount(LABELS[held_out]), [3] + [2] * 9)


def test_seed_fixes_the_choice():
    """The same seed chooses the same images; another seed chooses others."""
    first, again, other = (holdout(LABELS, size=50, seed=seed)[1] for seed in (3, 3, 4))
    np.testing.assert_array_equal(first, again)
    assert set(first) != set(other)


@pytest.mark.parametrize("size", [210, 211, 205, 5], ids=["all", "more", "too many", "too few"])
def test_impossible_size_is_rejected(size):
    """If a part cannot contain every digit, a one-line error names the setting."""
    with pytest.raises(UserError) as error:
        holdout(LABELS, size=size, seed=0)
    assert str(error.value).startswith("prepare.holdout_size: ")
    assert f"{size} of 210 images" in str(error.value)
    assert "\n" not in str(error.value)


def test_digit_with_a_single_image_is_rejected():
    """A single image of a digit cannot be in both parts."""
    with pytest.raises(UserError, match=r"^prepare\.holdout_size: "):
        holdout(np.append(LABELS[LABELS != 9], np.uint8(9)), size=20, seed=0)


@pytest.mark.parametrize("rows", [slice(0, 2), slice(1, None), slice(0, 100), np.array([2, 0])])
def test_subset_equals_a_copy(rows):
    """A subset has the length, the shape and the rows of a copy."""
    array = np.arange(60).reshape(10, 3, 2)
    positions = np.array([1, 5, 7, 8])
    subset, copy = Subset(array, positions), array[positions]
    assert (len(subset), subset.shape) == (len(copy), copy.shape)
    np.testing.assert_array_equal(subset[rows], copy[rows])
