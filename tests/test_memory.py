"""Preparing and training need little memory, however many images there are."""

import shutil
import subprocess
import sys
import tracemalloc
from pathlib import Path

import numpy as np
import pytest
import sklearn.model_selection  # noqa: F401, holdout imports it, which takes memory
import yaml

from benchmarks.memory import STATUS
from digits.dataset.arrays import save_rows
from digits.dataset.holdout import holdout
from digits.dataset.idx import FILES
from stages import prepare
from tests.project import ROOT
from tests.synthetic import draw_digits, write_idx

MANY = 40_000


@pytest.fixture
def raw(tmp_path, monkeypatch):
    """Write many raw images, 31 MB, and change to their folder; return images and labels."""
    monkeypatch.chdir(tmp_path)
    Path("data/raw").mkdir(parents=True)
    labels = (np.arange(MANY) % 10).astype(np.uint8)
    images = np.random.default_rng(0).integers(0, 256, (MANY, 28, 28), np.uint8)
    for part, count in (("train", MANY), ("test", MANY // 2)):
        write_idx(Path("data/raw", FILES[f"{part}_images"]), images[:count])
        write_idx(Path("data/raw", FILES[f"{part}_labels"]), labels[:count])
    return images, labels


@pytest.mark.parametrize("validation", ["official", "holdout"])
def test_prepare_copies_no_images(raw, validation):
    """Prepare writes the same bytes as indexing the arrays, with a tenth of the memory."""
    params = yaml.safe_load((ROOT / "params.yaml").read_text(encoding="utf-8"))
    params["prepare"]["validation"] = validation
    Path("params.yaml").write_text(yaml.safe_dump(params), encoding="utf-8")
    shutil.copy(ROOT / "requirements.txt", ".")
    tracemalloc.start()
    prepare.main()
    _, peak = tracemalloc.get_traced_memory()
    tracemalloc.stop()
    images, labels = raw
    assert peak < images.nbytes / 10
    positions = np.arange(MANY), np.arange(MANY // 2)
    if validation == "holdout":
        positions = holdout(labels, size=params["prepare"]["holdout_size"], seed=0)
    for part, chosen in zip(("train", "validation"), positions, strict=True):
        for kind, array in (("images", images), ("labels", labels)):
            np.save("expected.npy", array[chosen])
            written = Path(f"data/prepared/{part}_{kind}.npy").read_bytes()
            assert written == Path("expected.npy").read_bytes(), (part, kind)


# Trains on two folders of images, one after the other, for a few steps each, and prints the peak
# memory of each training.
TRAIN = """
import sys
from pathlib import Path

from benchmarks.memory import PeakMemory
from digits.dataset import arrays
from digits.network import ood, keras
from digits.network.environment import set_up
from digits.params import read_params
from digits.sweep.training import train_recipe

class Stop(keras.callbacks.Callback):
    def on_train_batch_end(self, batch, logs=None):
        self.model.stop_training = batch > 50

params = read_params()
changed = {"epochs": 1, "batch_size": 100, "precision": "float32"}
network = params.network.model_copy(update={"filters": (1, 1, 1), "kernel_sizes": (1, 1, 1)})
train = params.train.model_copy(update=changed)
params = params.model_copy(update={"network": network, "train": train})
set_up(params.train)
arrays.MAX_SAMPLE = 2000  # faster than with 60,000
for folder in map(Path, sys.argv[1:]):
    with PeakMemory() as peak:
        training = arrays.load_pair(folder, "train")
        validation = training[0][:100], training[1][:100]
        trained, _ = train_recipe(
            params, training, validation, dtype="float32", callbacks=[Stop()]
        )
        ood.learn(trained, *training)
    print(f"\\n{peak.bytes}")
"""


@pytest.mark.slow
@pytest.mark.skipif(not STATUS.is_file(), reason="only Linux reports memory without mapped files")
def test_training_copies_no_images(tmp_path):
    """Training on ten times as many images, 141 MB more, takes hardly more memory."""
    images, labels = draw_digits(1000, seed=0)
    for name, count in (("few", 20_000), ("many", 200_000)):
        (tmp_path / name).mkdir()
        positions = np.arange(count) % len(labels)
        save_rows(tmp_path / name / "train_images.npy", images, positions)
        save_rows(tmp_path / name / "train_labels.npy", labels, positions)
    done = subprocess.run(
        [sys.executable, "-c", TRAIN, tmp_path / "few", tmp_path / "many"],
        cwd=ROOT,
        stdout=subprocess.PIPE,
        text=True,
        check=True,
    )
    few, many = (int(line) for line in done.stdout.splitlines() if line.isdigit())
    assert many - few < 100e6  # each training leaves about 40 MB allocated
