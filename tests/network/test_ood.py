"""Tests of out-of-distribution detection."""

from functools import partial

import numpy as np
import pytest

from digits.errors import UserError
from digits.network import ood
from digits.network.model import build
from tests.project import PARAMS
from tests.synthetic import draw_digits

NETWORK = PARAMS.network.model_copy(
    update={"filters": (4, 4, 8), "kernel_sizes": (3, 3, 3), "dropout": 0.0}
)


@pytest.fixture(scope="module")
def known():
    """Compute prototypes of 300 synthetic digits. The network is untrained, which suffices."""
    model = build(NETWORK, image_size=(28, 28), seed=0)
    images, labels = draw_digits(300, seed=0)
    return model, images, labels, ood.learn(model, images, labels)


@pytest.fixture(scope="module")
def is_rejected(known):
    """Return a function that tells whether each image is out of distribution."""
    model, *_, learned = known
    return partial(ood.is_out_of_distribution, ood.feature_extractor(model), learned=learned)


def test_similar_images_are_in_distribution(known, is_rejected):
    """About 0.5% of the training images and few new digits of the same kind are rejected."""
    assert is_rejected(known[1]).mean() <= 0.01
    others, _ = draw_digits(300, seed=1)
    assert is_rejected(others).mean() < 0.1


@pytest.mark.parametrize("kind", ["noise", "filled", "checks"])
def test_other_images_are_out_of_distribution(is_rejected, kind):
    """Images that do not resemble a digit are rejected."""
    image = {
        "noise": np.random.default_rng(0).integers(0, 256, (28, 28)),
        "filled": np.full((28, 28), 255),
        "checks": 255 * (np.indices((28, 28)).sum(0) // 2 % 2),
    }[kind].astype(np.uint8)
    assert is_rejected(image[None]).all()


def test_empty_image_is_out_of_distribution(is_rejected):
    """An empty image, whose features are all 0, is rejected."""
    assert is_rejected(np.zeros((1, 28, 28), np.uint8)).all()


def test_prototypes_are_reproducible(known):
    """A second computation gives the same prototypes and threshold, bit by bit."""
    model, images, labels, learned = known
    again = ood.learn(model, images, labels)
    for name in learned:
        np.testing.assert_array_equal(again[name], learned[name])


def test_fewer_images_than_prototypes(known):
    """A digit with few images has fewer prototypes, one without images has none."""
    model, images, labels, _ = known
    few = np.flatnonzero(labels < 4)[:25]
    learned = ood.learn(model, images[few], labels[few])
    assert learned["prototypes"].shape == (4, 4 * 4 * 8)
    np.testing.assert_allclose(np.linalg.norm(learned["prototypes"], axis=1), 1, atol=1e-2)


def test_file(known, tmp_path):
    """A saved file is loaded unchanged; a missing or damaged file is an error with a fix."""
    path = tmp_path / "prototypes.npz"
    with pytest.raises(UserError, match="no such file.* dvc repro train"):
        ood.load(path)
    np.savez(path, **known[3])
    loaded = ood.load(path)
    np.testing.assert_array_equal(loaded["prototypes"], known[3]["prototypes"])
    path.write_bytes(path.read_bytes()[:1000])
    with pytest.raises(UserError, match="damaged.* dvc repro train"):
        ood.load(path)
