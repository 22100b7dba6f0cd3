"""Plans of sweeps: the runs that they contain, and one line per mistake in them."""

import pytest
import yaml

from digits.errors import UserError
from digits.params import read_params
from digits.settings import load
from digits.sweep.plan import DEFAULT, OFFICIAL, official_runs, read_plan
from tests.project import ROOT

PARAMS = read_params(ROOT / "params.yaml")
PRESETS = {DEFAULT: {}} | load(ROOT / "experiments/recipes.yaml")
PLAN = {
    "recipes": {"default": None, "quick": None},
    "seeds": [3, 1],
    "splits": [0],
    "holdout_size": 9000,
}


@pytest.fixture
def read(tmp_path):
    """Return a function that writes PLAN with changes and reads it."""

    def read(*, text=None, presets=PRESETS, **changes):
        (tmp_path / "sweep.yaml").write_text(text or yaml.safe_dump(PLAN | changes))
        return read_plan(tmp_path / "sweep.yaml", params=PARAMS, presets=presets)

    return read


def test_each_recipe_has_the_same_splits_and_seeds(read):
    """A plan contains every recipe with every seed on every split."""
    recipes = read(splits=[0, 7])
    assert list(recipes) == ["default", "quick"]
    for runs in recipes.values():
        assert [(run.split, run.seed) for run in runs] == [(0, 3), (0, 1), (7, 3), (7, 1)]
        for run in runs:
            assert run.params.prepare.validation == "holdout"
            assert (run.params.prepare.seed, run.params.train.seed) == (run.split, run.seed)
            assert run.params.prepare.holdout_size == 9000


def test_recipes_change_settings(read):
    """A recipe is params.yaml with changes, its own or those of a preset."""
    own = {"train": {"epochs": 2}, "network": {"dropout": 0.3}}
    recipes = read(recipes={"short": own, "balanced": None})
    short, balanced = (recipes[name][0].params for name in ("short", "balanced"))
    assert (short.train.epochs, short.network.dropout) == (2, 0.3)
    assert short.train.learning_rate == PARAMS.train.learning_rate
    assert short.augment == PARAMS.augment
    assert balanced.network.filters == (24, 48, 96)


def test_plan_is_yaml_1_2(read):
    """Numbers are read like those of params.yaml."""
    text = "recipes: {a: {train: {learning_rate: 5e-05}}}\nseeds: [010]\nsplits: [0]\n"
    (run,) = read(text=text + "holdout_size: 100\n")["a"]
    assert (run.seed, run.params.train.learning_rate) == (10, 0.00005)


def test_settings_identify_a_recipe(read):
    """The settings of a recipe are the same for all seeds and splits, and differ from others'."""
    recipes = read(splits=[0, 7])
    assert len({str(run.settings) for run in recipes["default"]}) == 1
    assert recipes["default"][0].settings != recipes["quick"][0].settings
    assert read(holdout_size=9001)["default"][0].settings != recipes["default"][0].settings


def test_official_runs(read):
    """On the official split, only the validation images of a recipe change."""
    (run,) = official_runs("quick", read()["quick"][0].params, [5])
    assert (run.split, run.seed, run.params.train.seed) == (OFFICIAL, 5, 5)
    assert run.params.prepare.validation == OFFICIAL


@pytest.mark.parametrize(
    ("changes", "line"),
    [
        ({"recipes": {"a": {"train": {"epohs": 3}}}}, "recipes.a: train.epohs .*mean epochs"),
        ({"recipes": {"a": {"train": {"epochs": 0}}}}, "recipes.a: train.epochs holds 0"),
        ({"recipes": {"a": {"trian": {"epochs": 3}}}}, "recipes.a: trian .*mean train"),
        ({"recipes": {"a": {"train": 3}}}, "recipes.a: train holds 3"),
        ({"recipes": {"quik": None}}, "recipes.quik .*default, quick, balanced, float32"),
        ({"recipes": {"a": {"train": {"seed": 3}}}}, "recipes.a: .* change train.seed"),
        ({"recipes": {"a": {"prepare": {"seed": 3}}}}, "recipes.a: .* change prepare"),
        ({"presets": {"quick": 3}, "recipes": {"quick": None}}, "recipes.quick holds 3"),
        ({"recipes": {}}, "recipes holds {}"),
        ({"recipes": {16: {}}}, "recipes.16.* holds 16"),
        ({"recipes": None}, "recipes holds None"),
        ({"seeds": []}, r"seeds holds \[\]"),
        ({"seeds": [1, 1]}, r"seeds holds \[1, 1\]"),
        ({"splits": [0, "a"]}, "splits.1 holds 'a'"),
        ({"holdout_size": 1}, "holdout_size holds 1; .*10"),
        ({"seed": [1]}, r"seed \(holds \[1\]\) .*mean seeds"),
        ({"text": "- a"}, "sweep.yaml: must hold keys"),
        ({"text": "a: [\n"}, "sweep.yaml, line 2: is not YAML"),
    ],
)
def test_mistakes(read, changes, line):
    """A mistake is rejected in one line that names it."""
    with pytest.raises(UserError, match=line) as caught:
        read(**changes)
    assert "\n" not in str(caught.value)


def test_all_mistakes_at_once(read):
    """Each invalid recipe has its own line."""
    with pytest.raises(UserError) as caught:
        read(recipes={name: {"train": {"epochs": 0}} for name in "ab"})
    assert len(str(caught.value).splitlines()) == 2
