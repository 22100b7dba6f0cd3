"""Plans of a sweep: what they come to, and what is wrong with them in one line each."""

import shutil

import pytest
import yaml

from digits.errors import UserError
from digits.params import read_params
from digits.sweep.plan import OFFICIAL, official_runs, read_plan
from tests.project import ROOT

PLAN = {
    "recipes": {"default": None, "quick": None},
    "seeds": [3, 1],
    "splits": [0],
    "holdout_size": 9000,
}


@pytest.fixture
def plan(tmp_path, monkeypatch):
    """Give a function that writes a plan, PLAN with changes, beside the project's settings."""
    for name in ("params.yaml", "recipes.yaml"):
        shutil.copy(ROOT / name, tmp_path)
    monkeypatch.chdir(tmp_path)

    def write(text=None, **changes):
        (tmp_path / "sweep.yaml").write_text(text or yaml.safe_dump(PLAN | changes))
        return "sweep.yaml"

    return write


def test_each_recipe_has_the_same_splits_and_seeds(plan):
    """A plan is every recipe with every seed on every split."""
    recipes = read_plan(plan(splits=[0, 7]))
    assert list(recipes) == ["default", "quick"]
    for runs in recipes.values():
        assert [(run.split, run.seed) for run in runs] == [(0, 3), (0, 1), (7, 3), (7, 1)]
        for run in runs:
            assert run.params.prepare.validation == "holdout"
            assert (run.params.prepare.seed, run.params.train.seed) == (run.split, run.seed)
            assert run.params.prepare.holdout_size == 9000


def test_recipes_change_what_they_name(plan):
    """A recipe is params.yaml with its changes, its own or those of recipes.yaml."""
    own = {"train": {"epochs": 2}, "network": {"dropout": 0.3}}
    recipes = read_plan(plan(recipes={"short": own, "middling": None}))
    params = read_params()
    short, middling = (recipes[name][0].params for name in ("short", "middling"))
    assert (short.train.epochs, short.network.dropout) == (2, 0.3)
    assert short.train.learning_rate == params.train.learning_rate
    assert short.augment == params.augment
    assert middling.network.filters == (24, 48, 96)


def test_settings_tell_recipes_apart_and_nothing_else(plan):
    """Seeds, splits and threads leave the settings of a recipe as they are."""
    recipes = read_plan(plan(splits=[0, 7]))
    assert len({str(run.settings) for run in recipes["default"]}) == 1
    assert recipes["default"][0].settings != recipes["quick"][0].settings
    larger = read_plan(plan(holdout_size=9001))
    assert larger["default"][0].settings != recipes["default"][0].settings


def test_official_runs(plan):
    """On the official split a recipe is the same, and says what it was trained for."""
    (run,) = official_runs("quick", read_plan(plan())["quick"][0].params, [5])
    assert (run.split, run.seed, run.params.train.seed) == (OFFICIAL, 5, 5)
    assert run.params.prepare.validation == OFFICIAL


@pytest.mark.parametrize(
    ("changes", "line"),
    [
        (
            {"recipes": {"a": {"train": {"epohs": 3}}}},
            r"recipes.a: train.epohs \(holds 3\) is not a known key; did you mean epochs\?",
        ),
        (
            {"recipes": {"a": {"train": {"epochs": 0}}}},
            "sweep.yaml: recipes.a: train.epochs holds 0; it may hold a whole number from 1",
        ),
        (
            {"recipes": {"a": {"trian": {"epochs": 3}}}},
            r"sweep.yaml: recipes.a: trian \(holds .* is not a known key; did you mean train\?",
        ),
        ({"recipes": {"a": {"train": 3}}}, "recipes.a: train holds 3; it may hold the keys epochs"),
        (
            {"recipes": {"quik": None}},
            "recipes.quik has no changes, nor has recipes.yaml it; did you mean quick?",
        ),
        (
            {"recipes": {"a": {"train": {"seed": 3}}}},
            "recipes.a: train.seed is no part of a recipe: the same counts for all",
        ),
        (
            {"recipes": {"a": {"prepare": {"seed": 3}}}},
            "recipes.a: prepare is no part of a recipe: the same counts for all",
        ),
        ({"recipes": {}}, "recipes holds {}; it may hold a mapping from the name of each recipe"),
        ({"recipes": {16: {}}}, "recipes holds {16: {}}; it may hold a mapping from the name"),
        ({"recipes": None}, "recipes holds None; it may hold a mapping from the name of each"),
        ({"seeds": []}, r"seeds holds \[\]; it may hold a list of whole numbers from 0 to 1000000"),
        ({"seeds": [1, 1]}, "seeds holds 1 twice"),
        ({"splits": ["a"]}, r"splits holds \['a'\]; it may hold a list of whole numbers"),
        ({"holdout_size": 1}, "holdout_size holds 1; it may hold a whole number from 10"),
        ({"seed": [1]}, r"seed \(holds \[1\]\) is not a known key; did you mean seeds\?"),
        ({"text": "- a"}, "sweep.yaml: holds no settings: it must have the keys recipes, seeds"),
        ({"text": "a: [\n"}, "sweep.yaml, line 2: is not YAML"),
    ],
)
def test_mistakes(plan, changes, line):
    """What does not fit is refused before anything is trained, in one line that says what would."""
    with pytest.raises(UserError, match=line) as caught:
        read_plan(plan(**changes))
    assert "\n" not in str(caught.value)


def test_all_mistakes_at_once(plan):
    """Each recipe that does not fit has its line."""
    with pytest.raises(UserError) as caught:
        read_plan(plan(recipes={name: {"train": {"epochs": 0}} for name in "ab"}))
    assert len(str(caught.value).splitlines()) == 2
