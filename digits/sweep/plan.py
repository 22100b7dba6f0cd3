"""Plan of a sweep: which recipes are trained with which seeds on which splits."""

from dataclasses import dataclass
from typing import Annotated

from pydantic import Field

from digits.errors import UserError
from digits.params import Params, Seed
from digits.settings import Section, check, load

DEFAULT = "default"  # the recipe without changes of params.yaml
OFFICIAL = "official"  # the split of MNIST's own test set
# Settings that are the same for all recipes, or that the sweep sets.
RESERVED = ["fetch", "prepare", "train.seed", "train.threads"]

Seeds = Annotated[tuple[Seed, ...], Field(strict=False, min_length=1)]


class Plan(Section):
    """The contents of ``sweep.yaml``."""

    recipes: dict[str, dict | None] = Field(min_length=1)  # changes of params.yaml; None: a preset
    seeds: Seeds
    splits: Seeds  # the seeds of the holdouts
    holdout_size: int = Field(ge=10)  # images


@dataclass(frozen=True)
class Run:
    """One training."""

    recipe: str
    split: int | str  # the seed of the holdout, or OFFICIAL
    seed: int
    params: Params  # contain the split and the seed too

    @property
    def name(self):
        """Recipe, split and seed, for messages."""
        return f"{self.recipe}, split {self.split}, seed {self.seed}"

    @property
    def settings(self):
        """The settings of the recipe, a dict: the same for all seeds, splits and machines."""
        size = OFFICIAL if self.split == OFFICIAL else self.params.prepare.holdout_size
        parts = self.params.model_dump(
            include={"network", "augment", "train"}, exclude={"train": {"seed", "threads"}}
        )
        return parts | {"holdout_size": size} | self.params.evaluate.model_dump()


def read_plan(path, *, params, presets):
    """Read a YAML file as :class:`Plan`, whose recipes change ``params``.

    ``presets`` is a dict from a name to its changes. Returns a dict from the name of each recipe to
    a list of its :class:`Run`, in the same order of splits and seeds. Raises UserError with one
    line per mistake in the plan or a recipe.
    """
    plan = check(Plan, load(path), where=path)
    for name in ("seeds", "splits"):
        if len(set(values := getattr(plan, name))) < len(values):
            raise UserError(f"{path}: {name} holds {list(values)}; each value may occur once")
    changes = {}
    for name, own in plan.recipes.items():
        if own is None and name not in presets:
            known = ", ".join(presets)
            raise UserError(f"{path}: recipes.{name} has no changes and is not a preset ({known})")
        changes[name] = presets[name] if own is None else own
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
    """List the :class:`Run` of a recipe, by its name and params, on the official split."""
    return [_run(recipe, params, OFFICIAL, seed, {"validation": OFFICIAL}) for seed in seeds]


def _run(recipe, params, split, seed, prepare):
    changed = {
        "prepare": params.prepare.model_copy(update=prepare),
        "train": params.train.model_copy(update={"seed": seed}),
    }
    return Run(recipe, split, seed, params.model_copy(update=changed))


def change_all(recipes, params, *, where):
    """Apply the changes of each recipe to the same :class:`digits.params.Params`.

    ``recipes`` is a dict from a name to its changes, a dict of sections. Returns a dict from each
    name to its Params. Raises UserError with one line per mistake, which begins with ``where``.
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
            if key in RESERVED:
                raise UserError(f"{where}: a recipe cannot change {key}, the same for all recipes")
        changed[part] = values[part] | settings if is_section else settings
    return check(Params, changed, where=where)
