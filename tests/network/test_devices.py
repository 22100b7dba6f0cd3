"""Several devices share each batch, and one network comes of it, the same each time."""

import json
import subprocess
import sys

import numpy as np
import pytest

from digits.params import Network
from tests.network.test_training import TRAINING, VALIDATION, all_weights, train_small
from tests.project import ROOT

# Without dropout, for which each device has its own random numbers.
NETWORK = Network(filters=(4, 8, 8), kernel_sizes=(3, 3, 3), dropout=0.0)

# The processor as two devices: TensorFlow must be told so before it computes anything.
SCRIPT = """
import json

from digits.network import tf

(processor,) = tf.config.list_physical_devices("CPU")
tf.config.set_logical_device_configuration(processor, [tf.config.LogicalDeviceConfiguration()] * 2)

from digits.network.machine import describe, strategy
from tests.network.test_devices import trained

class Kept:  # in place of a checkpoint: holds the state after each epoch, and gives the first
    states = []
    save = states.append

    def load(self):
        return self.states[0] if self.states else None

told = {"devices": describe(precision="float32")["devices"]}
told["replicas"] = strategy().num_replicas_in_sync
told["weights"], told["history"] = trained(checkpoint=Kept())
told["resumed"], _ = trained(checkpoint=Kept())
try:
    trained(batch_size=15)
except Exception as error:
    told["error"] = repr(error)
print(json.dumps(told))
"""


def trained(count=301, **changes):
    """Train a small network, on odd numbers of images; give all its weights and its history."""
    parts = [(TRAINING, count), (VALIDATION, 75)]
    pairs = [(images[:some], labels[:some]) for (images, labels), some in parts]
    settings = {"epochs": 2, "batch_size": 20, "label_smoothing": 0.1} | changes
    model, history = train_small(data=pairs, network=NETWORK, **settings)
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
    """The same but for rounding: the batches are those of one device, the bits are not."""
    weights, history = trained(count=300)
    assert two["weights"] != weights
    # Relative, of the last layer: its temperature is decided by the image left out, too.
    np.testing.assert_allclose(two["weights"], weights, rtol=0.02, atol=1e-3)
    for measure in ("loss", "accuracy", "learning_rate"):
        assert two["history"][measure] == pytest.approx(history[measure], rel=1e-3), measure


def test_stopped_training_goes_on(two):
    """On several devices too a stopped training ends with the bits of one that never was."""
    assert two["resumed"] == two["weights"]


def test_unequal_shares_are_refused(two):
    """A batch that the devices cannot share is one line that says what would be right."""
    assert two["error"].startswith("UserError(")
    assert "train.batch_size: 15 images cannot be shared equally by 2 devices" in two["error"]
    assert "a multiple of 2" in two["error"]
