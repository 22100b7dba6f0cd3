"""The settings of ``params.yaml``, which explains them; ``python -m digits.params`` checks it."""

# ruff: noqa: D101

from typing import Annotated, Literal

from pydantic import AfterValidator, Field, model_validator
from pydantic_core import PydanticCustomError

from digits.cli import run
from digits.settings import Section, check, load

Count = Annotated[int, Field(ge=1)]
Side = Annotated[int, Field(ge=1, le=28)]
Seed = Annotated[int, Field(ge=0, le=1_000_000)]
Share = Annotated[float, Field(ge=0, le=1)]
Fraction = Annotated[float, Field(ge=0, lt=1)]


def _odd(side):
    if side and side % 2 == 0:
        raise PydanticCustomError("odd", "Input should be odd, or 0")
    return side


class File(Section):
    size: Count
    sha256: str = Field(pattern="^[0-9a-f]{64}$")


class Files(Section):
    # digits.dataset.idx.FILES has their names.
    train_images: File
    train_labels: File
    test_images: File
    test_labels: File


class Fetch(Section):
    # Tuples are not strict, because YAML has lists.
    mirrors: tuple[Annotated[str, Field(min_length=1)], ...] = Field(strict=False, min_length=1)
    timeout: float = Field(gt=0)
    files: Files


class Prepare(Section):
    validation: Literal["official", "holdout"]
    holdout_size: int = Field(ge=10)
    seed: Seed


class Network(Section):
    filters: tuple[Count, Count, Count] = Field(strict=False)
    kernel_sizes: tuple[Side, Side, Side] = Field(strict=False)
    dropout: Fraction
    background: Annotated[int, Field(ge=0, le=27), AfterValidator(_odd)]


class Augment(Section):
    """The strength of each augmentation. ``Augment()`` is off."""

    rotation: float = Field(ge=0, le=180)
    shift: float = Field(ge=0, le=28)
    zoom: Fraction
    shear: Share
    noisy: Share
    upstroke: Share

    @model_validator(mode="before")
    @classmethod
    def _off(cls, ranges, info):
        # Only in code, which has no context, is a missing key 0.
        is_whole = info.context or isinstance(ranges, cls)
        return ranges if is_whole else dict.fromkeys(cls.model_fields, 0.0) | ranges


class Train(Section):
    epochs: Count
    batch_size: Count
    learning_rate: float = Field(gt=0, le=1)
    warmup: Fraction
    label_smoothing: Fraction
    ema_momentum: Fraction
    threads: Literal["auto"] | Annotated[int, Field(ge=1, le=1024)]
    precision: Literal["auto", "float32", "mixed_bfloat16"]
    seed: Seed


class Evaluate(Section):
    shifts: int = Field(ge=0, le=4)


class Params(Section):
    fetch: Fetch
    prepare: Prepare
    network: Network
    augment: Augment
    train: Train
    evaluate: Evaluate


def read_params(path="params.yaml"):
    """Read the settings as :class:`Params`; UserError if they are missing or invalid."""
    return check(Params, load(path), where=path)


if __name__ == "__main__":
    run(read_params, name="params")
