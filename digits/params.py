"""``params.yaml`` as frozen dataclasses; what does not fit is an error of one line."""

import difflib
import reprlib
from dataclasses import fields, is_dataclass
from typing import Annotated, Literal, get_type_hints

import yaml
from pydantic import ConfigDict, Field, TypeAdapter, ValidationError
from pydantic.dataclasses import dataclass

from digits.errors import UserError


def _setting(kind, allowed, **limits):
    """Annotate a type with its limits and with the words for what it may hold."""
    return Annotated[kind, Field(description=allowed, strict=True, **limits)]


def _number(allowed, **limits):
    return _setting(float, allowed, allow_inf_nan=False, **limits)


Seed = _setting(int, "a whole number from 0 to 1000000", ge=0, le=1_000_000)
Text = _setting(str, "text", min_length=1)
Sha256 = _setting(str, "64 hexadecimal digits in lower case", pattern="^[0-9a-f]{64}$")
FilterCount = _setting(int, "three whole numbers from 1", ge=1)
KernelSize = _setting(int, "three whole numbers from 1 to 28", ge=1, le=28)

CHECKED = ConfigDict(extra="forbid")


@dataclass(frozen=True, config=CHECKED)
class File:
    """What identifies a raw file: its length in bytes and its SHA-256, uncompressed."""

    size: _setting(int, "a whole number from 1", ge=1)
    sha256: Sha256


@dataclass(frozen=True, config=CHECKED)
class Files:
    """The four raw files; :data:`digits.dataset.idx.FILES` gives their names."""

    train_images: File
    train_labels: File
    test_images: File
    test_labels: File


@dataclass(frozen=True, config=CHECKED)
class Fetch:
    """Where the raw files come from."""

    mirrors: Annotated[
        tuple[Text, ...], Field(description="a list of one mirror or more", min_length=1)
    ]
    timeout: _number("a number of seconds above 0", gt=0)
    files: Files


@dataclass(frozen=True, config=CHECKED)
class Prepare:
    """What is trained on and what is validated on."""

    validation: Annotated[Literal["official", "holdout"], Field(description="official or holdout")]
    holdout_size: _setting(int, "a whole number from 10", ge=10)
    seed: Seed


@dataclass(frozen=True, config=CHECKED)
class Network:
    """The sizes of the network."""

    filters: Annotated[
        tuple[FilterCount, FilterCount, FilterCount],
        Field(description="three whole numbers from 1"),
    ]
    kernel_sizes: Annotated[
        tuple[KernelSize, KernelSize, KernelSize],
        Field(description="three whole numbers from 1 to 28"),
    ]
    dropout: _number("a number from 0 to below 1", ge=0, lt=1)


@dataclass(frozen=True, config=CHECKED)
class Augment:
    """The ranges of the random warp."""

    rotation: _number("a number of degrees from 0 to 180", ge=0, le=180)
    shift: _number("a number of pixels from 0 to 28", ge=0, le=28)
    zoom: _number("a number from 0 to below 1", ge=0, lt=1)
    shear: _number("a number from 0 to 1", ge=0, le=1)


@dataclass(frozen=True, config=CHECKED)
class Train:
    """How the network is trained."""

    epochs: _setting(int, "a whole number from 1", ge=1)
    batch_size: _setting(int, "a whole number from 1", ge=1)
    learning_rate: _number("a number above 0 up to 1", gt=0, le=1)
    warmup: _number("a number from 0 to below 1", ge=0, lt=1)
    ema_momentum: _number("a number from 0 to below 1", ge=0, lt=1)
    threads: Annotated[
        Literal["auto"] | _setting(int, "", ge=1, le=1024),
        Field(description="auto, or a whole number from 1 to 1024"),
    ]
    precision: Annotated[
        Literal["auto", "float32", "mixed_bfloat16"],
        Field(description="auto, float32 or mixed_bfloat16"),
    ]
    seed: Seed


@dataclass(frozen=True, config=CHECKED)
class Params:
    """The whole of ``params.yaml``."""

    fetch: Fetch
    prepare: Prepare
    network: Network
    augment: Augment
    train: Train


def read_params(path="params.yaml"):
    """Read and check the settings.

    Returns:
        A :class:`Params`.

    Raises:
        UserError: the file is missing, is not YAML, lacks a key, has one too many, or a value
            is of the wrong type or out of range; one line for each of these.
    """
    try:
        with open(path, encoding="utf-8") as file:
            values = yaml.safe_load(file)
    except FileNotFoundError as error:
        raise UserError(f"{path}: no such file; run this in the project's folder") from error
    except UnicodeDecodeError as error:
        raise UserError(f"{path}: is not UTF-8 text") from error
    except RecursionError as error:
        raise UserError(f"{path}: is nested too deeply") from error
    except ValueError as error:  # what looks like a date or a number, and is none
        raise UserError(f"{path}: is not YAML that can be read: {error}") from error
    except yaml.YAMLError as error:
        mark = getattr(error, "problem_mark", None)
        where = f", line {mark.line + 1}" if mark else ""
        problem = getattr(error, "problem", None) or "it cannot be read"
        raise UserError(f"{path}{where}: is not YAML: {problem}") from error
    if not isinstance(values, dict):
        raise UserError(f"{path}: holds no settings: it must have the keys {_names(Params)}")
    try:
        return TypeAdapter(Params).validate_python(values)
    except ValidationError as error:
        problems = error.errors(include_url=False)
        # A misspelt key is unknown and missing at once: the line of the unknown one says enough.
        meant = {(*p["loc"][:-1], _meant(p)) for p in problems}
        # What is wrong in an item is not wrong once more in its list.
        owners = {p["loc"][:end] for p in problems for end in range(len(p["loc"]))}
        lines = [
            _line(path, p)
            for p in problems
            if p["loc"] not in owners and not (p["type"] == "missing" and p["loc"] in meant)
        ]
        raise UserError("\n".join(dict.fromkeys(lines))) from error


def _meant(problem):
    """Guess which key an unknown key was meant to be; None if no key comes close."""
    if problem["type"] != "unexpected_keyword_argument":
        return None
    section, _, _ = _describe(problem["loc"])
    names = [field.name for field in fields(section)]
    return next(iter(difflib.get_close_matches(problem["loc"][-1], names, n=1)), None)


def _line(path, problem):
    """Put one of pydantic's errors as: file, key, what it holds, what it may hold."""
    section, allowed, setting = _describe(problem["loc"])
    # After a setting, pydantic names the place in a list, or which of several types it tried.
    places = [part for part in problem["loc"][setting:] if isinstance(part, int)]
    key = ".".join(map(str, [*problem["loc"][:setting], *places]))
    if problem["type"] == "missing":
        return f"{path}: {key} is missing; it may hold {allowed}"
    holds = reprlib.repr(problem["input"])
    if problem["type"] == "unexpected_keyword_argument":
        meant = _meant(problem)
        advice = f"did you mean {meant}?" if meant else f"known are {_names(section)}"
        return f"{path}: {key} (holds {holds}) is not a known key; {advice}"
    if isinstance(problem["input"], str) and _is_number(problem["input"]):
        holds += " (a text: numbers have no quotes, and 1e-3 is written 0.001 or 1.0e-3)"
    return f"{path}: {key} holds {holds}; it may hold {allowed}"


def _describe(keys):
    """Follow keys from :class:`Params` down.

    Returns:
        The dataclass that holds the last key, the words for what that key may hold, and how many
        of the keys it takes to come to the setting.
    """
    section, allowed = Params, "sections"
    for depth, key in enumerate(keys, start=1):
        hints = get_type_hints(section, include_extras=True)
        if key not in hints:  # an unknown key, or the number of an item in a list
            break
        hint = hints[key]
        if is_dataclass(hint):
            allowed = f"the keys {_names(hint)}"
            if key is not keys[-1]:
                section = hint
        else:
            return section, hint.__metadata__[0].description, depth
    return section, allowed, len(keys)


def _names(section):
    return ", ".join(field.name for field in fields(section))


def _is_number(text):
    try:
        float(text)
    except ValueError:
        return False
    return True
