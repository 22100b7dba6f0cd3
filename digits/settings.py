"""Read settings from YAML and reject invalid ones with one line for each mistake."""

import difflib
import re
import reprlib
from functools import reduce
from pathlib import Path

from pydantic import BaseModel, ConfigDict, ValidationError
from ruamel.yaml import YAML, YAMLError

from digits.errors import UserError


class Section(BaseModel):
    """A mapping with known keys only, whose values are not converted to another type."""

    model_config = ConfigDict(extra="forbid", strict=True, frozen=True, allow_inf_nan=False)


def load(path):
    """Read a dict from a YAML file as DVC does, by YAML 1.2; UserError if it holds none."""
    try:
        values = YAML(typ="safe", pure=True).load(Path(path).read_text(encoding="utf-8"))
    except FileNotFoundError as error:
        raise UserError(f"{path}: no such file; run this in the project's folder") from error
    except (YAMLError, ValueError, RecursionError) as error:  # ValueError: not UTF-8, no such date
        mark = getattr(error, "problem_mark", None)
        where = f"{path}, line {mark.line + 1}" if mark else path
        reason = str(getattr(error, "problem", error)).splitlines()[0].partition(" with value")[0]
        raise UserError(f"{where}: is not YAML in UTF-8: {reason}") from error
    if not isinstance(values, dict):
        raise UserError(f"{path}: must hold keys and their values")
    return values


def check(section, values, *, where):
    """Make a ``section``, a subclass of :class:`Section`, from a dict of values.

    Raises UserError with a line, which begins with ``where``, for each missing, unknown or invalid
    key.
    """
    try:
        return section.model_validate(values, context=where)
    except ValidationError as error:
        lines = (f"{where}: {line}" for line in _lines(section, error.errors()))
        raise UserError("\n".join(lines)) from error


def _lines(section, errors):
    """Turn pydantic's errors into lines: the key, what it holds and what it may hold."""
    lines, misspelt = {}, set()
    for error in errors:
        *outer, key = map(str, error["loc"])
        name, held = ".".join([*outer, key]), reprlib.repr(error["input"])
        if error["type"] == "missing":
            lines[name] = f"{name} is missing"
        elif error["type"] in ("extra_forbidden", "invalid_key"):
            inner = reduce(lambda outer, name: outer.model_fields[name].annotation, outer, section)
            known = inner.model_fields
            close = difflib.get_close_matches(key, known, n=1)
            misspelt.add(".".join([*outer, *close]))
            advice = f"did you mean {close[0]}?" if close else f"known are {', '.join(known)}"
            lines[name] = f"{name} (holds {held}) is not a known key; {advice}"
        else:
            # pydantic reports an error for each type in a union and adds the type to the key.
            name = re.sub(r"\.(literal\[.*|constrained-int)$", "", name)
            if error["type"] in ("int_type", "float_type") and re.match(r"'[-+.]?\d", held):
                held += " (a text: numbers have no quotes)"
            reason = re.sub(r"^\w+| or instance of \w+$", "", error["msg"]).replace("tuple", "list")
            start = f"{lines[name]}, or" if name in lines else f"{name} holds {held};"
            lines[name] = f"{start} it{reason}"
    return [line for name, line in lines.items() if name not in misspelt]
