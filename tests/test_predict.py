"""``python -m digits.predict``: on pictures that the tests draw, with a model that they train."""

import io
import json
import os
import pty
import shutil
import signal
import subprocess
import sys
import termios
from functools import partial
from pathlib import Path

import numpy as np
import pytest
from PIL import Image

from digits import predict
from digits.errors import UserError
from digits.handwriting import pictures, reading
from digits.inference import Recognizer
from digits.network import model, onnx_export, ood
from tests.handwriting import normalize
from tests.project import PARAMS, ROOT
from tests.synthetic import draw_digits

HEAD = ["file", "digit", "confidence", "runner-up"]


@pytest.fixture(scope="module")
def workplace(tmp_path_factory):
    """Make a folder with a small model that knows the drawn digits, where models/ is looked for."""
    folder = tmp_path_factory.mktemp("workplace")
    sizes = PARAMS.network.model_copy(
        update={"filters": (8, 16, 16), "kernel_sizes": (3, 3, 3), "dropout": 0.0}
    )
    network = model.build(sizes, image_size=(28, 28), seed=0)
    images, labels = draw_digits(200, seed=0)
    images = np.stack([normalize(image) for image in images])
    network.compile("adam", "sparse_categorical_crossentropy")
    network.fit(model.as_input(images), labels, epochs=15, batch_size=10, verbose=0)
    (folder / "models").mkdir()
    learned = ood.learn(network, images, labels)
    complete = onnx_export.complete(network, learned["prototypes"], shifts=1)
    metadata = {"distance_threshold": str(learned["threshold"])}
    onnx_export.save(complete, folder / "models/mnist.onnx", metadata)
    (folder / "pictures").mkdir()
    for digit in range(10):
        page(digit).save(folder / f"pictures/{digit}.png")
    return folder


@pytest.fixture
def here(workplace, tmp_path, monkeypatch):
    """Work in a folder with the model and pictures of the digits 0 to 9, named by their digits."""
    monkeypatch.chdir(shutil.copytree(workplace, tmp_path / "here"))


def page(digit):
    """Draw a digit, dark on a light page of 280 pixels."""
    images, labels = draw_digits(10, seed=[1, 2])
    (image,) = images[labels == digit]
    return Image.fromarray(255 - image).resize((280, 280), Image.Resampling.BICUBIC)


def start(*arguments, **options):
    """Start the command as a user does."""
    return subprocess.Popen(
        [sys.executable, "-m", "digits.predict", *arguments],
        env=os.environ | {"PYTHONPATH": str(ROOT)},
        **{"stdin": subprocess.DEVNULL, "stdout": subprocess.PIPE, "stderr": subprocess.PIPE}
        | options,
    )


@pytest.fixture
def command(capsys):
    """Run the command in this process; return its exit code, standard output and standard error."""

    def run(*arguments):
        with pytest.raises(SystemExit) as end:
            predict.main(arguments)
        captured = capsys.readouterr()
        return end.value.code, captured.out, captured.err

    return run


def digits_of(table):
    """Give the digits of a printed table, in its order, without their question marks."""
    head, *rows = [line.split() for line in table.splitlines()]
    assert head == HEAD
    return [int(row[1].rstrip("?")) for row in rows]


@pytest.mark.usefixtures("here")
def test_table(command):
    """A folder gives a row per picture, in order, nothing else; the same at each run."""
    code, output, errors = command("pictures")
    assert (code, errors) == (0, "")
    assert digits_of(output) == list(range(10))
    assert [line.split()[0] for line in output.splitlines()[1:]] == [
        f"pictures/{digit}.png" for digit in range(10)
    ]
    process = start("pictures")
    assert process.communicate(timeout=120) == (output.encode(), b"")
    assert process.returncode == 0


@pytest.mark.usefixtures("here")
def test_bad_files_are_named_and_the_others_read(command):
    """Each file that cannot be read is one line on standard error, and the end is 1."""
    whole = Path("pictures/3.png").read_bytes()
    Path("text.png").write_text("no picture")
    Path("empty.gif").touch()
    Path("cut.png").write_bytes(whole[: len(whole) // 2])
    Image.new("L", (1, 1)).save("point.png")
    Image.new("L", (300, 200), 255).save("blank.png")
    Path("nothing in it").mkdir()
    Path("a\nb.png").touch()
    files = ["text.png", "empty.gif", "pictures/3.png", "cut.png", "point.png", "blank.png"]
    code, output, errors = command(
        *files, "missing.png", "nothing in it", "a\nb.png", "pictures/4.png"
    )
    assert code == 1
    assert digits_of(output) == [3, 4]
    assert errors.splitlines() == [
        "predict: text.png: not a whole picture of a known kind (BMP, GIF, JPEG, PNG, TIFF, WEBP)",
        "predict: empty.gif: an empty file",
        "predict: cut.png: a damaged or truncated picture",
        "predict: point.png: no ink: the picture is a point or a line of pixels",
        "predict: blank.png: no ink: the picture is blank",
        "predict: missing.png: No such file or directory",
        "predict: nothing in it: a folder without pictures",
        r"predict: a\nb.png: an empty file",
    ]


@pytest.mark.usefixtures("here")
def test_json(command):
    """An object per line, of errors too: file, digit, confidence, ten probabilities."""
    Path("empty.png").touch()
    code, output, errors = command("--json", "pictures/7.png", "empty.png", "pictures/2.png")
    seven, bad, two = [json.loads(line) for line in output.splitlines()]
    assert code == 1
    assert bad == {"file": "empty.png", "error": "an empty file"}
    assert errors == "predict: empty.png: an empty file\n"
    for digit, entry in ((7, seven), (2, two)):
        assert set(entry) == {"file", "digit", "confidence", "probabilities", "doubt"}
        assert entry["file"] == f"pictures/{digit}.png"
        assert entry["digit"] == np.argmax(entry["probabilities"]) == digit
        assert entry["confidence"] == max(entry["probabilities"])
        assert len(entry["probabilities"]) == 10
        assert sum(entry["probabilities"]) == pytest.approx(1, abs=1e-5)


@pytest.mark.usefixtures("here")
def test_json_of_a_name_that_is_no_text(command):
    """A name whose bytes are no UTF-8 is JSON all the same, and a row of the table."""
    name = os.fsdecode(b"\xff\xfe.png")
    page(6).save(name, "PNG")
    _, output, _ = command("--json", name)
    assert json.loads(output)["file"] == name
    code, output, _ = command(name)
    assert (code, digits_of(output)) == (0, [6])


@pytest.mark.usefixtures("here")
def test_each_result_is_printed_at_once():
    """Through a pipe, the first picture's row arrives before the second picture can be read."""
    os.mkfifo("second.png")
    process = start("pictures/1.png", "second.png")
    head, row = process.stdout.readline(), process.stdout.readline()
    assert digits_of((head + row).decode()) == [1]
    Path("second.png").write_bytes(Path("pictures/2.png").read_bytes())
    rest, errors = process.communicate(timeout=120)
    assert (rest.split()[0], errors) == (b"second.png", b"")


@pytest.mark.usefixtures("here")
def test_memory_is_that_of_few_pictures():
    """However many files there are, few are loaded before the readings so far were taken."""
    loaded = []

    def load(number):
        loaded.append(number)
        return pictures.read(f"pictures/{number % 10}.png")

    found = ((str(number), partial(load, number)) for number in range(20))
    for number, read in enumerate(reading.read(found, Recognizer(threads=1))):
        assert not read.error
        assert sorted(loaded) == list(range(len(loaded)))
        assert len(loaded) <= number + 2
    assert number == 19


@pytest.mark.usefixtures("here")
def test_threads(command):
    """The number of threads is a choice and changes no reading."""
    assert command("--threads", "1", "pictures") == command("--threads", "2", "pictures")
    code, _, errors = command("--threads", "0", "pictures")
    assert (code, "--threads must be 1 or more" in errors) == (2, True)


@pytest.mark.usefixtures("here")
def test_folders_are_walked_in_order():
    """Pictures at any depth, sorted by folder and name, suffixes in capitals too, and no others."""
    for name in ("b/2.JPG", "b/1.png", "a/x/9.webp", "a/3.TIFF", "c.gif", "notes.txt", "d.png.bak"):
        path = Path("deep", name)
        path.parent.mkdir(parents=True, exist_ok=True)
        path.touch()
    names = ["c.gif", "a/3.TIFF", "a/x/9.webp", "b/1.png", "b/2.JPG"]
    assert [name for name, _ in reading.find(["deep"])] == [f"deep/{name}" for name in names]


@pytest.mark.usefixtures("here")
def test_standard_input(command, monkeypatch):
    """A picture may come by a pipe."""
    with open("pictures/8.png") as file:
        monkeypatch.setattr(sys, "stdin", file)
        code, output, errors = command("-")
        assert (code, digits_of(output), errors) == (0, [8], "")
        assert command("-")[::2] == (1, "predict: -: an empty file\n")  # all is read


@pytest.mark.usefixtures("here")
def test_doubtful_readings_have_a_question_mark(command):
    """Two digits side by side are not given as one, in the table, in JSON and in the picture."""
    two = np.hstack([np.asarray(page(3))[:, 60:-60], np.asarray(page(5))[:, 60:-60]])
    Image.fromarray(two).save("two.png")
    code, output, _ = command("two.png")
    row = output.splitlines()[1].split()
    assert code == 0
    assert row[1].endswith("?")
    assert row[-4:] == ["more", "than", "one", "digit?"]
    assert json.loads(command("--json", "two.png")[1])["doubt"] == "more than one digit?"


@pytest.mark.usefixtures("here")
def test_show(command):
    """The picture that is drawn has each input beside what the network saw; the same each time."""
    page(4).save("a $price$ 字.png")
    code, table, errors = command("pictures", "a $price$ 字.png", "--show", "new/seen.png")
    assert (code, errors) == (0, "")
    drawn = Path("new/seen.png").read_bytes()
    image = np.asarray(Image.open(io.BytesIO(drawn)).convert("L"))
    assert image.shape[0] > 300  # three rows
    assert 0.05 < (image < 30).mean() < 0.6  # the black of what the network saw
    assert command("pictures", "a $price$ 字.png", "--show", "again.png")[1] == table
    assert Path("again.png").read_bytes() == drawn


@pytest.mark.usefixtures("here")
def test_show_of_many_is_cut(command, monkeypatch):
    """Beyond a page only the first are drawn, and it is said."""
    monkeypatch.setattr(predict, "SHOWN", 4)
    code, _, errors = command("pictures", "--show", "seen.png")
    assert (code, errors) == (0, "predict: seen.png shows the first 4\n")
    with Image.open("seen.png") as image:
        assert image.height < 300  # one row


@pytest.mark.usefixtures("here")
def test_show_without_anything_to_show(command):
    """If no picture can be read, none is drawn, and the old one stays."""
    Path("old.png").write_bytes(b"old")
    code, output, _ = command("missing.png", "--show", "old.png")
    assert (code, output.split()) == (1, HEAD)
    assert Path("old.png").read_bytes() == b"old"


@pytest.mark.usefixtures("here")
def test_show_where_it_cannot():
    """A picture that cannot be drawn is an error that names its path."""
    with pytest.raises(UserError, match=r"^seen\.jpg: .*\.png$"):
        predict.main(["pictures/1.png", "--show", "seen.jpg"])
    with pytest.raises(FileExistsError) as error:
        predict.main(["pictures/1.png", "--show", "pictures/0.png/x.png"])
    assert str(error.value.filename) == "pictures/0.png"


def test_without_a_model(tmp_path, monkeypatch, capsys):
    """Before the first training an error says what to do, before anything is read or printed."""
    monkeypatch.chdir(tmp_path)
    with pytest.raises(UserError, match=r"^models/mnist\.onnx: .*make repro"):
        predict.main(["1.png"])
    assert capsys.readouterr().out == ""


@pytest.mark.usefixtures("here")
def test_damaged_model():
    """A model that cannot be loaded is an error that names its file."""
    path = Path("models/mnist.onnx")
    for content in (b"no model", path.read_bytes()[:-1000], b""):
        path.write_bytes(content)
        with pytest.raises(UserError, match=r"^models/mnist\.onnx: damaged.*dvc repro export.*\Z"):
            predict.main(["pictures/1.png"])


def imported_by(*arguments, folder=ROOT):
    """Run the program; return what it printed, and the top names of the modules it imported."""
    program = (
        "import sys\n"
        "from digits.predict import main\n"
        "try:\n    main()\n"
        "finally:\n"
        "    print(*{name.split('.')[0] for name in sys.modules})"
    )
    done = subprocess.run(
        [sys.executable, "-c", program, *arguments],
        cwd=folder,
        env=os.environ | {"PYTHONPATH": str(ROOT)},
        capture_output=True,
        text=True,
        check=True,
    )
    *printed, names = done.stdout.splitlines()
    return "\n".join(printed), set(names.split())


def test_help():
    """Help says what a question mark means, and imports nothing that takes long."""
    text, imported = imported_by("--help")
    assert "question mark" in text
    assert imported.isdisjoint({"tensorflow", "keras", "matplotlib", "sklearn", "onnxruntime"})


@pytest.mark.usefixtures("here")
def test_imports_of_a_reading():
    """To read pictures and draw them takes the packages of requirements/read.in alone."""
    table, imported = imported_by("pictures/5.png", "--show", "seen.png", folder=Path.cwd())
    assert digits_of(table) == [5]
    others = {"tensorflow", "keras", "sklearn", "pandas", "pydantic", "ruamel", "requests", "onnx"}
    assert imported.isdisjoint(others)
    assert {"onnxruntime", "matplotlib"} <= imported


def test_without_files(command):
    """Nothing to read is a wrong use, with the usage."""
    code, _, errors = command()
    assert code == 2
    assert "the following arguments are required: FILE" in errors


@pytest.mark.usefixtures("here")
def test_reader_that_has_enough():
    """As before `head`: no traceback, and the exit code of a broken pipe."""
    process = start("--json", "missing.png")  # which needs no network
    process.stdout.close()
    assert process.wait(timeout=120) == 141
    assert process.stderr.read() == b""
    process.stderr.close()


@pytest.mark.usefixtures("here")
def test_full_disk():
    """If the output cannot be written, one line says why."""
    if not Path("/dev/full").exists():
        pytest.skip("no /dev/full here")
    with open("/dev/full", "wb") as full:
        process = start("--json", "missing.png", stdout=full)
        _, errors = process.communicate(timeout=120)
    assert (process.returncode, errors) == (1, b"predict: No space left on device\n")


@pytest.mark.usefixtures("here")
def test_interrupt():
    """Ctrl-C ends with 130 and without a traceback."""
    process = start("-", stdin=subprocess.PIPE)
    process.stdin.write(bytes(1_000_000))  # more than a pipe holds: it is reading now
    process.stdin.flush()
    process.send_signal(signal.SIGINT)
    output, errors = process.communicate(timeout=120)
    assert (process.returncode, output, errors) == (130, b"", b"")


@pytest.mark.usefixtures("here")
def test_progress_on_a_terminal(command, monkeypatch):
    """Where a person looks on, a bar shows how far it is, and the table is as without."""
    leader, follower = pty.openpty()
    termios.tcsetwinsize(leader, (24, 80))
    monkeypatch.setattr(predict, "PROGRESS_DELAY", 0)
    with open(follower, "w") as terminal:
        monkeypatch.setattr(sys, "stderr", terminal)
        code, output, _ = command("pictures")
        terminal.flush()
        shown = os.read(leader, 10_000).decode()  # before the other end is closed
    os.close(leader)
    assert "/10 [" in shown
    assert (code, digits_of(output)) == (0, list(range(10)))
