"""However many images there are, no copy of them is held."""

import subprocess
import sys
import tracemalloc
from pathlib import Path

import numpy as np
import pytest
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
    """Write many raw images, 31 MB, and go to their folder; give them with their labels."""
    monkeypatch.chdir(tmp_path)
    Path("data/raw").mkdir(parents=True)
    labels = (np.arange(MANY) % 10).astype(np.uint8)
    images = np.random.default_rng(0).integers(0, 256, (MANY, 28, 28), np.uint8)
    for part, count in (("train", MANY), ("test", MANY // 2)):
        write_idx(Path("data/raw", FILES[f"{part}_images"]), images[:count])
        write_idx(Path("data/raw", FILES[f"{part}_labels"]), labels[:count])
    return images, labels


@pytest.mark.parametrize("validation", ["official", "holdout"])
def test_prepare_holds_positions_only(raw, validation):
    """It writes what indexing the arrays gives, to the byte, and holds a tenth of their size."""
    params = yaml.safe_load((ROOT / "params.yaml").read_text(encoding="utf-8"))
    params["prepare"]["validation"] = validation
    Path("params.yaml").write_text(yaml.safe_dump(params), encoding="utf-8")
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


# Trains on two folders of images, one after the other, for a few steps each and all that follows,
# and prints what was held at the peak of each.
TRAIN = """
import sys
from pathlib import Path

from benchmarks.memory import Peak
from digits.dataset import arrays
from digits.network import familiarity, keras
from digits.network.machine import set_up
from digits.params import Augment, Network, Params, Train
from digits.sweep.training import train_recipe

class Stop(keras.callbacks.Callback):
    def on_train_batch_end(self, batch, logs=None):
        self.model.stop_training = batch > 50

params = Params.__new__(Params)
for name, value in {
    "network": Network((1, 1, 1), (1, 1, 1), 0.1),
    "augment": Augment(5.0, 1.0, 0.05, 0.05),
    "train": Train(1, 100, 0.001, 0.2, 0.1, 0.9, "auto", "float32", 0),
}.items():
    object.__setattr__(params, name, value)
set_up(params.train)
arrays.ENOUGH = 2000  # in place of 60,000, which take a while
for folder in map(Path, sys.argv[1:]):
    with Peak() as peak:
        training = arrays.load_pair(folder, "train")
        validation = training[0][:100], training[1][:100]
        trained, _ = train_recipe(
            params, training, validation, dtype="float32", callbacks=[Stop()]
        )
        familiarity.learn(trained, *training)
    print(f"\\n{peak.bytes}")
"""


@pytest.mark.skipif(not STATUS.is_file(), reason="only Linux tells what memory is not a file's")
def test_training_holds_no_copy(tmp_path):
    """Ten times as many images, 141 MB more, take hardly more memory in training."""
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
    assert many - few < 100e6  # each training leaves about 40 MB behind, whatever it trains on
