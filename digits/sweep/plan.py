"""Which trainings a sweep consists of."""

from dataclasses import dataclass
from typing import Annotated

from pydantic import Field

from digits.errors import UserError
from digits.params import Params, Seed
from digits.settings import Section, check, load

DEFAULT = "default"  # the recipe that is params.yaml as it is
OFFICIAL = "official"  # the split of MNIST's own test set
# What is the same for all recipes, or set by the sweep itself.
FIXED = ["fetch", "prepare", "train.seed", "train.threads"]

Seeds = Annotated[tuple[Seed, ...], Field(strict=False, min_length=1)]


class Plan(Section):
    """The whole of ``sweep.yaml``.

    Attributes:
        recipes: a dict from the name of each recipe to its changes of the settings, or to None for
            a named recipe.
        seeds: of the trainings.
        splits: the seeds of the holdouts.
        holdout_size: in images.
    """

    recipes: dict[str, dict | None] = Field(min_length=1)
    seeds: Seeds
    splits: Seeds
    holdout_size: int = Field(ge=10)


@dataclass(frozen=True)
class Run:
    """One training.

    Attributes:
        recipe: its name.
        split: the seed of the holdout, or ``official``.
        seed: of the training.
        params: a :class:`digits.params.Params`, which holds the split and the seed too.
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
        """The settings of the recipe, a dict: the same for all seeds, splits and machines."""
        size = OFFICIAL if self.split == OFFICIAL else self.params.prepare.holdout_size
        parts = self.params.model_dump(
            include={"network", "augment", "train"}, exclude={"train": {"seed", "threads"}}
        )
        return parts | {"holdout_size": size} | self.params.evaluate.model_dump()


def read_plan(path, *, params, named):
    """Read a plan.

    Args:
        path: of a YAML file, as :class:`Plan` describes it.
        params: the :class:`digits.params.Params` that recipes change.
        named: the named recipes, a dict from the name to the changes.

    Returns:
        A dict from the name of each recipe to a list of its :class:`Run`, all in the same order of
        splits and seeds.

    Raises:
        UserError: the plan or a recipe does not fit; one line per mistake.
    """
    plan = check(Plan, load(path), where=path)
    for name in ("seeds", "splits"):
        if len(set(values := getattr(plan, name))) < len(values):
            raise UserError(f"{path}: {name} holds {list(values)}; each may be given once")
    changes = {}
    for name, own in plan.recipes.items():
        if own is None and name not in named:
            known = ", ".join(named)
            raise UserError(f"{path}: recipes.{name} has no changes; recipes without are {known}")
        changes[name] = named[name] if own is None else own
    prepare = {"validation": "holdout", "holdout_size": plan.holdout_size}
    return {
        name: [
            _run(name, recipe, split, seed, prepare | {"seed": split})
            for split in plan.splits
            for seed in plan.seeds
        ]
        for name, recipe in change_all(changes, params, where=f"{path}: recipes").items()
    }


def official_runs(recipe, params, seeds):
    """List the :class:`Run` of a recipe on the official split, by its name, params and seeds."""
    return [_run(recipe, params, OFFICIAL, seed, {"validation": OFFICIAL}) for seed in seeds]


def _run(recipe, params, split, seed, prepare):
    changed = {
        "prepare": params.prepare.model_copy(update=prepare),
        "train": params.train.model_copy(update={"seed": seed}),
    }
    return Run(recipe, split, seed, params.model_copy(update=changed))


def change_all(recipes, params, *, where):
    """Apply the changes of several recipes to the same settings.

    Args:
        recipes: a dict from the name of each to its changes, a dict of sections.
        params: the :class:`digits.params.Params` that they change.
        where: how the lines about mistakes begin.

    Returns:
        A dict from the name to a :class:`digits.params.Params`.

    Raises:
        UserError: one line per mistake in any of them.
    """
    values, changed, mistakes = params.model_dump(mode="json"), {}, []
    for name, changes in recipes.items():
        try:
            changed[name] = _change(values, changes, where=f"{where}.{name}")
        except UserError as error:
            mistakes.append(str(error))
    if mistakes:
        raise UserError("\n".join(mistakes))
    return changed


def _change(values, changes, *, where):
    if not isinstance(changes, dict):
        raise UserError(f"{where} holds {changes!r}; it may hold sections of params.yaml")
    changed = dict(values)
    for part, settings in changes.items():
        is_section = isinstance(settings, dict) and isinstance(values.get(part), dict)
        for key in [part, *(f"{part}.{key}" for key in settings)] if is_section else [part]:
            if key in FIXED:
                raise UserError(f"{where}: {key} is no part of a recipe: the same counts for all")
        changed[part] = values[part] | settings if is_section else settings
    return check(Params, changed, where=where)
