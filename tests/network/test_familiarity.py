"""Familiarity: what is like nothing in training is told from what is."""

import numpy as np
import pytest

from digits.errors import UserError
from digits.network import familiarity
from digits.network.model import build
from digits.params import Network
from tests.synthetic import draw_digits

NETWORK = Network(filters=[4, 4, 8], kernel_sizes=[3, 3, 3], dropout=0.0)


@pytest.fixture(scope="module")
def known():
    """Build a network and learn what it makes of 300 drawn digits; even untrained it sees forms."""
    model = build(NETWORK, image_size=(28, 28), seed=0)
    images, labels = draw_digits(300, seed=0)
    return model, images, labels, familiarity.learn(model, images, labels)


def strange(model, images, learned):
    """Ask as one does who asks once."""
    return familiarity.is_strange(familiarity.body_of(model), images, learned)


def test_few_of_the_training_images_are_strange(known):
    """By the threshold one in 200 is, as it says; those who draw alike are as familiar."""
    model, images, _, learned = known
    assert strange(model, images, learned).mean() <= 0.01
    others, _ = draw_digits(300, seed=1)
    assert strange(model, others, learned).mean() < 0.1


@pytest.mark.parametrize("kind", ["noise", "filled", "checks"])
def test_what_is_no_digit_is_strange(known, kind):
    """Pictures without a likeness to any digit lie too far off."""
    model, _, _, learned = known
    image = {
        "noise": np.random.default_rng(0).integers(0, 256, (28, 28)),
        "filled": np.full((28, 28), 255),
        "checks": 255 * (np.indices((28, 28)).sum(0) // 2 % 2),
    }[kind].astype(np.uint8)
    assert strange(model, image[None], learned).all()


def test_nothing_at_all_is_strange(known):
    """An empty image activates nothing, and is not like everything for that."""
    model, _, _, learned = known
    assert strange(model, np.zeros((1, 28, 28), np.uint8), learned).all()


def test_same_bytes_again(known):
    """Learned twice, it is the same to the byte."""
    model, images, labels, learned = known
    again = familiarity.learn(model, images, labels)
    for name in learned:
        np.testing.assert_array_equal(again[name], learned[name])


def test_fewer_images_than_prototypes(known):
    """Digits of which there are few, or none, need no prototypes in full number."""
    model, images, labels, _ = known
    few = np.flatnonzero(labels < 4)[:25]
    learned = familiarity.learn(model, images[few], labels[few])
    assert learned["prototypes"].shape == (4, 4 * 4 * 8)
    np.testing.assert_allclose(np.linalg.norm(learned["prototypes"], axis=1), 1, atol=1e-2)


def test_file(known, tmp_path):
    """It is read as it was written; a missing or damaged file is one line."""
    path = tmp_path / "prototypes.npz"
    with pytest.raises(UserError, match="no such file; dvc repro makes it"):
        familiarity.load(path)
    np.savez(path, **known[3])
    loaded = familiarity.load(path)
    np.testing.assert_array_equal(loaded["prototypes"], known[3]["prototypes"])
    path.write_bytes(path.read_bytes()[:1000])
    with pytest.raises(UserError, match="damaged; dvc repro train writes it anew"):
        familiarity.load(path)
