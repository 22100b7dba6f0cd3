"""The settings of ``params.yaml``, which explains them.

``python -m digits.params`` only checks the file.
"""

from typing import Annotated, Literal

from pydantic import Field, model_validator

from digits.cli import run
from digits.settings import Section, check, load

Count = Annotated[int, Field(ge=1)]
Side = Annotated[int, Field(ge=1, le=28)]
Seed = Annotated[int, Field(ge=0, le=1_000_000)]
Text = Annotated[str, Field(min_length=1)]
Fraction = Annotated[float, Field(ge=0, lt=1)]


class File(Section):
    """What identifies a raw file: its length in bytes and its SHA-256, uncompressed."""

    size: Count
    sha256: str = Field(pattern="^[0-9a-f]{64}$")


class Files(Section):
    """The four raw files. :data:`digits.dataset.idx.FILES` gives their names."""

    train_images: File
    train_labels: File
    test_images: File
    test_labels: File


class Fetch(Section):
    """Where the raw files come from."""

    # Not strict: YAML has lists where this has tuples.
    mirrors: tuple[Text, ...] = Field(strict=False, min_length=1)
    timeout: float = Field(gt=0)
    files: Files


class Prepare(Section):
    """Which images are trained on and which are validated on."""

    validation: Literal["official", "holdout"]
    holdout_size: int = Field(ge=10)
    seed: Seed


class Network(Section):
    """The sizes of the network."""

    filters: tuple[Count, Count, Count] = Field(strict=False)
    kernel_sizes: tuple[Side, Side, Side] = Field(strict=False)
    dropout: Fraction


class Augment(Section):
    """The largest random warp of a training image, either way. ``Augment()`` is none."""

    rotation: float = Field(ge=0, le=180)
    shift: float = Field(ge=0, le=28)
    zoom: Fraction
    shear: float = Field(ge=0, le=1)

    @model_validator(mode="before")
    @classmethod
    def _off(cls, ranges, info):
        """Fill in zeros in code. A file, which has a context, must have every key."""
        is_whole = info.context or isinstance(ranges, cls)
        return ranges if is_whole else dict.fromkeys(cls.model_fields, 0.0) | ranges


class Train(Section):
    """How the network is trained."""

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
    """How the model predicts."""

    shifts: int = Field(ge=0, le=4)


class Params(Section):
    """The whole of ``params.yaml``."""

    fetch: Fetch
    prepare: Prepare
    network: Network
    augment: Augment
    train: Train
    evaluate: Evaluate


def read_params(path="params.yaml"):
    """Read the settings as :class:`Params`.

    Raises:
        UserError: as :func:`digits.settings.load` and :func:`digits.settings.check` raise it.
    """
    return check(Params, load(path), where=path)


if __name__ == "__main__":
    run(read_params, name="params")
