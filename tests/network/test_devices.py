"""Tests of training on two devices that share each batch."""

import json
import subprocess
import sys

import numpy as np
import pytest

from tests.network.test_training import NETWORK as WITH_DROPOUT
from tests.network.test_training import TRAINING, VALIDATION, all_weights, train_small
from tests.project import ROOT

pytestmark = pytest.mark.slow

# Without dropout, because each device draws its own random numbers for it.
NETWORK = WITH_DROPOUT.model_copy(update={"dropout": 0.0})

# Splits the CPU into two devices, which TensorFlow allows only before it computes anything.
SCRIPT = """
import json

from digits.network import tf

(processor,) = tf.config.list_physical_devices("CPU")
tf.config.set_logical_device_configuration(processor, [tf.config.LogicalDeviceConfiguration()] * 2)

from digits.network.environment import describe, strategy
from tests.network.test_devices import trained

class MemoryCheckpoint:  # saves the state after each epoch in memory and loads the first one
    states = []
    save = states.append

    def load(self):
        return self.states[0] if self.states else None

results = {"devices": describe(precision="float32")["devices"]}
results["replicas"] = strategy().num_replicas_in_sync
results["weights"], results["history"] = trained(checkpoint=MemoryCheckpoint())
results["resumed"], _ = trained(checkpoint=MemoryCheckpoint())
print(json.dumps(results))
"""


def trained(count=301, **changes):
    """Train a small network on odd numbers of images; return its weights and history."""
    parts = [(TRAINING, count), (VALIDATION, 75)]
    pairs = [(images[:some], labels[:some]) for (images, labels), some in parts]
    settings = {"epochs": 2, "batch_size": 20, "label_smoothing": 0.1} | changes
    model, history = train_small(data=pairs, network=NETWORK, **settings)
    return all_weights(model).tolist(), history.to_dict("list")


@pytest.fixture(scope="module")
def two():
    """Train in a process with two devices; return its results."""
    done = subprocess.run(
        [sys.executable, "-c", SCRIPT], cwd=ROOT, stdout=subprocess.PIPE, text=True, check=True
    )
    return json.loads(done.stdout.splitlines()[-1])


def test_number_of_devices_is_recorded(two):
    """The environment record contains the number of devices."""
    assert two["devices"] == two["replicas"] == 2


def test_two_devices_train_what_one_does(two):
    """Two devices and one device give the same network up to rounding."""
    weights, history = trained(count=300)
    assert two["weights"] != weights
    # The relative tolerance is for the last layer: the dropped image affects its temperature.
    np.testing.assert_allclose(two["weights"], weights, rtol=0.02, atol=1e-3)
    for measure in ("loss", "accuracy", "learning_rate"):
        assert two["history"][measure] == pytest.approx(history[measure], rel=1e-3), measure


def test_interrupted_training_resumes(two):
    """On two devices, a resumed training ends with the bits of an uninterrupted one."""
    assert two["resumed"] == two["weights"]
