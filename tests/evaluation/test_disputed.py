"""Disputed labels are those of MNIST's test set, and of nothing else."""

import hashlib

import numpy as np
import pandas as pd

from digits.evaluation.disputed import TEST_LABELS, disputed
from tests.project import ROOT


def test_labels_of_mnist():
    """The labels that the committed predictions are of are MNIST's, and fifteen are disputed."""
    labels = pd.read_csv(ROOT / "plots/predictions.csv")["actual"].to_numpy(np.uint8)
    assert hashlib.sha256(labels).hexdigest() == TEST_LABELS
    assert len(disputed(labels)) == 15
    assert max(disputed(labels)) < len(labels)


def test_other_labels():
    """Of other data nothing is known."""
    assert disputed(np.arange(10, dtype=np.uint8)) == []
