"""How a sweep goes on where one of its trainings fails, trainings left out."""

from digits.errors import UserError
from digits.params import read_params
from digits.sweep import runner
from digits.sweep.plan import official_runs
from digits.sweep.results import COLUMNS
from tests.project import ROOT


def test_one_that_fails_stops_no_other(tmp_path, monkeypatch, capsys):
    """A training whose loss becomes infinite has no row and is told; the others have theirs."""
    monkeypatch.setattr(runner, "keys_of", lambda runs: dict.fromkeys(runs, "key"))
    runs = official_runs("a", read_params(ROOT / "params.yaml"), [0, 1, 2])

    def train(missing):
        for run, key in missing.items():
            row = dict.fromkeys(COLUMNS, 0) | {"recipe": "a", "split": "official", "key": key}
            diverged = UserError("the loss became nan in epoch 1")
            yield run, diverged if run.seed == 1 else row | {"seed": run.seed}

    table, failures = runner.fill(tmp_path / "sweep.csv", runs, train=train)
    assert table["seed"].tolist() == [0, 2]
    assert failures == ["a, split official, seed 1: the loss became nan in epoch 1"]
    assert "2 of 3: a, split official, seed 1: failed: the loss became" in capsys.readouterr().err
    table, _ = runner.fill(tmp_path / "sweep.csv", runs, train=lambda missing: iter(()))
    assert table["seed"].tolist() == [0, 2]
