"""What the README says is so."""

import json
import re

import numpy as np
import pandas as pd
import pytest

from benchmarks.card import card
from digits.evaluation.disputed import disputed
from digits.network.model import build
from digits.params import read_params
from digits.sweep.rows import read
from digits.sweep.table import markdown
from tests.project import ROOT

README = (ROOT / "README.md").read_text(encoding="utf-8")


def rows():
    """List the cells of each row of each table."""
    return [
        [cell.strip() for cell in line.strip("|").split("|")]
        for line in README.splitlines()
        if line.startswith("|")
    ]


def test_metrics_are_those_of_metrics_json():
    """Each metric stands in the table with the value that is committed."""
    shown = {name.strip("`"): value for name, value, *_ in rows()}
    for name, value in json.loads((ROOT / "metrics.json").read_text(encoding="utf-8")).items():
        assert shown[name] == str(value), name


def test_disputed_labels():
    """So many of the errors that are committed stand on disputed labels."""
    predictions = pd.read_csv(ROOT / "plots/predictions.csv")
    wrong = predictions.query("actual != predicted")["index"]
    known = disputed(predictions["actual"].to_numpy(np.uint8))
    expected = f"{wrong.isin(known).sum()} of the {len(wrong)} errors stand on labels"
    assert expected in " ".join(README.split())


def test_sweep():
    """The table is that of the runs that are committed."""
    rows = read(ROOT / "sweep.csv", name="sweep.csv").reset_index(drop=True)
    for paragraph in markdown(rows).split("\n\n"):
        assert paragraph in README


def test_model_card():
    """The model card holds the committed figures."""
    assert (ROOT / "models/README.md").read_text(encoding="utf-8") == card()


def test_pictures():
    """Every picture of the pipeline is shown, and every picture shown is there."""
    shown = set(re.findall(r"\]\(\./(plots/[^)]+)\)", README))
    assert shown == {f"plots/{path.name}" for path in (ROOT / "plots").glob("*.png")}


def test_layers():
    """The table of layers is that of the network that params.yaml describes."""
    network = read_params(ROOT / "params.yaml").network
    model = build(network, image_size=(28, 28), seed=0)
    expected = [
        [
            layer.name,
            " × ".join(str(size) for size in layer.output.shape[1:]),
            f"{layer.count_params():,}",
        ]
        for layer in model.layers
    ]
    table = [[row[0].strip("`"), *row[2:]] for row in rows() if len(row) == 4]
    assert table[2 : 2 + len(expected)] == expected
    assert f"{model.count_params():,} parameters" in README


@pytest.mark.parametrize("target", re.findall(r"`make (\w+)", README))
def test_make_targets(target):
    """Every make target that it names exists."""
    assert re.search(rf"^{target}:", (ROOT / "Makefile").read_text(encoding="utf-8"), re.M)
