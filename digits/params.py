"""``params.yaml`` as frozen dataclasses; what does not fit is an error of one line.

``python -m digits.params`` checks the file and does no more.
"""

import difflib
import re
import reprlib
from dataclasses import fields, is_dataclass
from typing import Annotated, Literal, get_type_hints

import yaml
from pydantic import ConfigDict, Field, FiniteFloat, StrictStr, TypeAdapter, ValidationError
from pydantic.dataclasses import dataclass

from digits.command import run
from digits.errors import UserError

RANGES = {  # the limits of a number, as pydantic names them, and the words for them
    ("ge", "le"): "from {ge} to {le}",
    ("ge", "lt"): "from {ge} to below {lt}",
    ("gt",): "above {gt}",
    ("gt", "le"): "above {gt} up to {le}",
}


def setting(kind, words, **limits):
    """Annotate a type with its limits and with the words for what it may hold."""
    return Annotated[kind, Field(description=words, **limits)]


def words_for(kind):
    """Return the words for what a setting or a section may hold."""
    if is_dataclass(kind):
        return f"the keys {', '.join(field.name for field in fields(kind))}"
    return kind.__metadata__[-1].description


def whole(low, high=None):
    """Annotate a whole number from ``low``, and up to ``high`` if that is given."""
    end = "" if high is None else f" to {high}"
    return setting(int, f"a whole number from {low}{end}", strict=True, ge=low, le=high)


def number(of=None, **limits):
    """Annotate a number, of a unit if it has one, within limits that :data:`RANGES` has."""
    noun = f"a number of {of}" if of else "a number"
    return setting(FiniteFloat, f"{noun} {RANGES[*limits].format(**limits)}", strict=True, **limits)


def choice(*texts):
    """Annotate a text that is one of these."""
    return setting(Literal[texts], f"{', '.join(texts[:-1])} or {texts[-1]}")


def auto_or(kind):
    """Annotate what may be ``auto`` in place of a value of that type."""
    return setting(Literal["auto"] | kind, f"auto, or {words_for(kind)}")


def three(kind):
    """Annotate a list of three whole numbers, each as :func:`whole` allows."""
    words = words_for(kind).replace("a whole number", "three whole numbers")
    return setting(tuple[kind, kind, kind], words)


Seed = whole(0, 1_000_000)
Text = Annotated[StrictStr, Field(min_length=1)]

section = dataclass(frozen=True, config=ConfigDict(extra="forbid"))


@section
class File:
    """What identifies a raw file: its length in bytes and its SHA-256, uncompressed."""

    size: whole(1)
    sha256: setting(StrictStr, "64 hexadecimal digits in lower case", pattern="^[0-9a-f]{64}$")


@section
class Files:
    """The four raw files; :data:`digits.dataset.idx.FILES` gives their names."""

    train_images: File
    train_labels: File
    test_images: File
    test_labels: File


@section
class Fetch:
    """Where the raw files come from."""

    mirrors: setting(tuple[Text, ...], "a list of one mirror or more", min_length=1)
    timeout: number(of="seconds", gt=0)
    files: Files


@section
class Prepare:
    """What is trained on and what is validated on."""

    validation: choice("official", "holdout")
    holdout_size: whole(10)
    seed: Seed


@section
class Network:
    """The sizes of the network."""

    filters: three(whole(1))
    kernel_sizes: three(whole(1, 28))
    dropout: number(ge=0, lt=1)


@section
class Augment:
    """The ranges of the random warp."""

    rotation: number(of="degrees", ge=0, le=180)
    shift: number(of="pixels", ge=0, le=28)
    zoom: number(ge=0, lt=1)
    shear: number(ge=0, le=1)


@section
class Train:
    """How the network is trained."""

    epochs: whole(1)
    batch_size: whole(1)
    learning_rate: number(gt=0, le=1)
    warmup: number(ge=0, lt=1)
    label_smoothing: number(ge=0, lt=1)
    ema_momentum: number(ge=0, lt=1)
    threads: auto_or(whole(1, 1024))
    precision: choice("auto", "float32", "mixed_bfloat16")
    seed: Seed


@section
class Evaluate:
    """How the model is asked."""

    shifts: whole(0, 4)


@section
class Params:
    """The whole of ``params.yaml``."""

    fetch: Fetch
    prepare: Prepare
    network: Network
    augment: Augment
    train: Train
    evaluate: Evaluate


class _Loader(yaml.SafeLoader):
    """Refuses a key given twice in one mapping, where PyYAML takes the last."""

    def compose_mapping_node(self, anchor):
        node = super().compose_mapping_node(anchor)
        keys = [key.value for key, _ in node.value]
        for place, (key, _) in enumerate(node.value):
            if key.value in keys[:place]:
                problem = f"the key {key.value} is given twice"
                raise yaml.MarkedYAMLError(problem=problem, problem_mark=key.start_mark)
        return node


def read_params(path="params.yaml"):
    """Read the settings, check them and return them as :class:`Params`.

    Raises:
        UserError: the file is missing, is not YAML, lacks a key, has one too many or twice, or a
            value is of the wrong type or out of range; one line for each of these.
    """
    return checked(Params, load(path), where=path)


def load(path):
    """Read what a YAML file holds. UserError if it is missing or is no YAML."""
    try:
        with open(path, encoding="utf-8") as file:
            values = yaml.load(file, _Loader)  # noqa: S506, it is a SafeLoader
    except FileNotFoundError as error:
        raise UserError(f"{path}: no such file; run this in the project's folder") from error
    except UnicodeDecodeError as error:
        raise UserError(f"{path}: is not UTF-8 text") from error
    except yaml.MarkedYAMLError as error:
        line = error.problem_mark.line + 1
        raise UserError(f"{path}, line {line}: is not YAML: {error.problem}") from error
    except (yaml.YAMLError, ValueError, RecursionError) as error:
        # In this order: a control character, no such date or number, brackets too deep.
        reason = str(error).splitlines()[0]
        raise UserError(f"{path}: is not YAML that can be read: {reason}") from error
    return values


def checked(section, values, *, where):
    """Make a section of the values that YAML holds, :class:`Params` or another.

    Args:
        section: a dataclass as those above.
        values: what :func:`load` returned.
        where: how the lines about mistakes begin.

    Raises:
        UserError: they do not fit; one line per mistake.
    """
    if not isinstance(values, dict):
        raise UserError(f"{where}: holds no settings: it must have {words_for(section)}")
    if mistakes := list(_mistakes(section, values, f"{where}: ")):
        raise UserError("\n".join(mistakes))
    return section(**values)


def _mistakes(section, values, prefix):
    """Yield a line per mistake in a section: the key, what it holds and what it may hold."""
    kinds = get_type_hints(section, include_extras=True)
    meant = []
    for key in [key for key in values if key not in kinds]:
        close = difflib.get_close_matches(str(key), kinds, n=1)
        meant += close
        advice = f"did you mean {close[0]}?" if close else f"known are {', '.join(kinds)}"
        yield f"{prefix}{key} (holds {reprlib.repr(values[key])}) is not a known key; {advice}"
    for key, kind in kinds.items():
        if key not in values:
            if key not in meant:  # a misspelt key is unknown and missing at once
                yield f"{prefix}{key} is missing; it may hold {words_for(kind)}"
        elif is_dataclass(kind) and isinstance(values[key], dict):
            yield from _mistakes(kind, values[key], f"{prefix}{key}.")
        else:
            try:
                TypeAdapter(kind).validate_python(values[key])
            except ValidationError:
                held = reprlib.repr(values[key])
                if re.fullmatch(r"'[-+]?[\d._]+(e[-+]?\d+)?'", held, re.IGNORECASE):
                    held += " (a text: numbers have no quotes, and 1e-3 is written 0.001 or 1.0e-3)"
                yield f"{prefix}{key} holds {held}; it may hold {words_for(kind)}"


if __name__ == "__main__":
    run(read_params, name="params")
