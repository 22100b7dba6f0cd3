"""Run a sweep whose trainings are replaced: failures, and the split of the data."""

import numpy as np

from digits.errors import UserError
from digits.params import read_params
from digits.sweep import runner
from digits.sweep.plan import official_runs, read_plan
from digits.sweep.results import COLUMNS
from digits.sweep.training import split_of
from tests.project import ROOT

PARAMS = read_params(ROOT / "params.yaml")


def test_failed_run_stops_no_other(tmp_path, monkeypatch, capsys):
    """A run whose loss becomes infinite is reported and has no row; the others have theirs."""
    monkeypatch.setattr(runner, "keys_of", lambda runs: dict.fromkeys(runs, "key"))
    runs = official_runs("a", PARAMS, [0, 1, 2])

    def train(missing):
        for run, key in missing.items():
            row = dict.fromkeys(COLUMNS, 0) | {"recipe": "a", "split": "official", "key": key}
            diverged = UserError("the loss became nan in epoch 1")
            yield run, diverged if run.seed == 1 else row | {"seed": run.seed}

    table, failures = runner.train_missing(tmp_path / "sweep.csv", runs, train=train)
    assert table["seed"].tolist() == [0, 2]
    assert failures == ["a, split official, seed 1: the loss became nan in epoch 1"]
    assert "2 of 3: a, split official, seed 1: failed: the loss became" in capsys.readouterr().err
    table, _ = runner.train_missing(tmp_path / "sweep.csv", runs, train=lambda missing: iter(()))
    assert table["seed"].tolist() == [0, 2]


def test_each_split_has_its_own_holdout(tmp_path):
    """The runs of a split share a holdout of the training images; other splits have another."""
    plan = "recipes: {a: {}}\nseeds: [0, 1]\nsplits: [0, 1]\nholdout_size: 20"
    (tmp_path / "sweep.yaml").write_text(plan)
    runs = read_plan(tmp_path / "sweep.yaml", params=PARAMS, presets={})["a"]
    labels = np.arange(100, dtype=np.uint8) % 10
    data = {"train": (np.arange(100), labels)}
    holdouts = []
    for run in runs:
        (kept, _), (held_out, own) = split_of(run, data)
        assert sorted([*kept[:], *held_out[:]]) == list(range(100))
        assert list(labels[held_out[:]]) == list(own)
        holdouts.append(list(held_out[:]))
    assert len(holdouts[0]) == 20
    assert holdouts[0] == holdouts[1] != holdouts[2] == holdouts[3]
