"""What is to be trained: sweep.yaml, with the named recipes of recipes.yaml."""

import difflib
from collections import Counter
from dataclasses import asdict, dataclass, replace
from pathlib import Path

from digits.errors import UserError
from digits.params import Params, Prepare, Seed, checked, load, section, setting, whole

PARAMS, NAMED = Path("params.yaml"), Path("recipes.yaml")
DEFAULT = "default"  # params.yaml as it is
OFFICIAL = "official"  # the split of MNIST's own test set
# What is the same for all recipes, or set by the sweep itself.
FIXED = ["fetch", "prepare", "train.seed", "train.threads"]


def several(kind, words):
    """Annotate a list of one or more."""
    return setting(tuple[kind, ...], words, min_length=1)


@section
class Plan:
    """The whole of ``sweep.yaml``."""

    recipes: setting(
        dict[str, dict | None],
        "a mapping from the name of each recipe to its changes of params.yaml, or to nothing for"
        " one of recipes.yaml",
        min_length=1,
    )
    seeds: several(Seed, "a list of whole numbers from 0 to 1000000")
    splits: several(Seed, "a list of whole numbers from 0 to 1000000: the seeds of the holdouts")
    holdout_size: whole(10)


@dataclass(frozen=True)
class Run:
    """One training.

    Attributes:
        recipe: its name.
        split: the seed of the holdout, or ``official``.
        seed: of the training.
        params: a :class:`digits.params.Params`, all of these in it.
    """

    recipe: str
    split: int | str
    seed: int
    params: Params

    @property
    def name(self):
        """In words."""
        return f"{self.recipe}, split {self.split}, seed {self.seed}"

    @property
    def settings(self):
        """What the recipe comes to, the same for all seeds, splits and machines: a dict."""
        parts = {name: asdict(getattr(self.params, name)) for name in ("network", "augment")}
        train = asdict(self.params.train)
        del train["seed"], train["threads"]
        size = self.split if self.split == OFFICIAL else self.params.prepare.holdout_size
        return parts | {"train": train, "holdout_size": size} | asdict(self.params.evaluate)


def read_plan(path):
    """Read a plan and check it, and each recipe as params.yaml is checked.

    Returns:
        A dict from the name of each recipe to a list of its :class:`Run`, all in the same order of
        splits and seeds.

    Raises:
        UserError: a file is missing or does not fit; one line per mistake.
    """
    plan = checked(Plan, load(path), where=path)
    for name in ("seeds", "splits"):
        value, times = Counter(getattr(plan, name)).most_common(1)[0]
        if times > 1:
            raise UserError(f"{path}: {name} holds {value} twice")
    named = named_recipes()
    changes = {}
    for name, given in plan.recipes.items():
        if given is None and name not in named:
            close = difflib.get_close_matches(name, named, n=1)
            advice = f"did you mean {close[0]}?" if close else f"known are {', '.join(named)}"
            raise UserError(f"{path}: recipes.{name} has no changes, nor has {NAMED} it; {advice}")
        changes[name] = named[name] if given is None else given
    recipes = change_all(changes, where=f"{path}: recipes")
    return {
        name: [
            _run(name, params, split, seed, Prepare("holdout", plan.holdout_size, split))
            for split in plan.splits
            for seed in plan.seeds
        ]
        for name, params in recipes.items()
    }


def official_runs(recipe, params, seeds):
    """List the :class:`Run` of a recipe on the official split, by its name, params and seeds."""
    prepare = replace(params.prepare, validation=OFFICIAL)
    return [_run(recipe, params, OFFICIAL, seed, prepare) for seed in seeds]


def _run(recipe, params, split, seed, prepare):
    train = replace(params.train, seed=seed)
    return Run(recipe, split, seed, replace(params, prepare=prepare, train=train))


def named_recipes():
    """Read the recipes that have a name: a dict from it to changes of params.yaml."""
    return {DEFAULT: {}} | (load(NAMED) or {})


def change_all(recipes, *, where):
    """Apply the changes of several recipes to params.yaml.

    Args:
        recipes: a dict from the name of each to its changes, a dict of sections.
        where: how the lines about mistakes begin.

    Returns:
        A dict from the name to a :class:`digits.params.Params`.

    Raises:
        UserError: one line per mistake in any of them.
    """
    values = load(PARAMS)
    checked(Params, values, where=PARAMS)  # its own mistakes are not those of each recipe
    changed, mistakes = {}, []
    for name, changes in recipes.items():
        try:
            changed[name] = _change(dict(values), changes, where=f"{where}.{name}")
        except UserError as error:
            mistakes.append(str(error))
    if mistakes:
        raise UserError("\n".join(mistakes))
    return changed


def _change(values, changes, *, where):
    for part, settings in changes.items():
        is_section = isinstance(settings, dict) and isinstance(values.get(part), dict)
        for key in [part, *(f"{part}.{key}" for key in settings)] if is_section else [part]:
            if key in FIXED:
                raise UserError(f"{where}: {key} is no part of a recipe: the same counts for all")
        values[part] = values[part] | settings if is_section else settings
    return checked(Params, values, where=where)
