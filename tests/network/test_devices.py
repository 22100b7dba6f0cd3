"""Several devices share each batch, and one network comes of it, the same each time."""

import json
import subprocess
import sys

import numpy as np
import pytest

from tests.network.test_training import TRAINING, VALIDATION, all_weights, train_small
from tests.project import ROOT

# The processor as two devices: TensorFlow must be told so before it computes anything.
SCRIPT = """
import json
import tempfile

from digits.network import tf

(processor,) = tf.config.list_physical_devices("CPU")
tf.config.set_logical_device_configuration(processor, [tf.config.LogicalDeviceConfiguration()] * 2)

from digits.network.checkpoint import Checkpoint
from digits.network.machine import describe, strategy
from tests.network.test_devices import trained
from tests.network.test_training import StoppedCheckpoint

told = {"devices": describe(precision="float32")["devices"]}
told["replicas"] = strategy().num_replicas_in_sync
told["weights"], told["history"] = trained()
with tempfile.TemporaryDirectory() as folder:
    try:
        trained(checkpoint=StoppedCheckpoint(folder, "key"))
    except KeyboardInterrupt:
        told["resumed"], _ = trained(checkpoint=Checkpoint(folder, "key"))
try:
    trained(batch_size=15)
except Exception as error:
    told["error"] = repr(error)
print(json.dumps(told))
"""


def trained(**changes):
    """Train a small network on odd numbers of images; give all its weights and its history."""
    pairs = [(images[:count], labels[:count]) for (images, labels), count in (
        (TRAINING, 301), (VALIDATION, 75),
    )]  # fmt: skip
    settings = {"epochs": 2, "batch_size": 20, "label_smoothing": 0.1} | changes
    model, history = train_small(data=pairs, **settings)
    return all_weights(model).tolist(), history.to_dict("list")


@pytest.fixture(scope="module")
def two():
    """Train in a process that sees two devices."""
    done = subprocess.run(
        [sys.executable, "-c", SCRIPT], cwd=ROOT, stdout=subprocess.PIPE, text=True, check=True
    )
    return json.loads(done.stdout.splitlines()[-1])


def test_devices_are_told(two):
    """What is written beside the model, and decides whether a state fits, says how many."""
    assert two["devices"] == two["replicas"] == 2


def test_two_devices_train_what_one_does(two):
    """The same but for rounding and dropout: other bits, about the same measures."""
    weights, history = trained()
    assert np.isfinite(two["weights"]).all()
    assert two["weights"] != weights
    assert two["history"]["loss"] == pytest.approx(history["loss"], rel=0.1)
    assert two["history"]["val_loss"] == pytest.approx(history["val_loss"], rel=0.1)
    assert two["history"]["learning_rate"] == pytest.approx(history["learning_rate"])


def test_stopped_training_goes_on(two):
    """On several devices too a stopped training ends with the bits of one that never was."""
    assert two["resumed"] == two["weights"]


def test_unequal_shares_are_refused(two):
    """A batch that the devices cannot share is one line that says what would be right."""
    assert two["error"].startswith("UserError(")
    assert "train.batch_size: 15 images cannot be shared equally by 2 devices" in two["error"]
    assert "a multiple of 2" in two["error"]
