"""Sharing results: dvc push, dvc pull, and dvc get from another project."""

import re
import shutil
import subprocess
import sys

import boto3
import numpy as np
import pytest
import yaml
from moto.server import ThreadedMotoServer
from PIL import Image

from tests.project import ROOT, Project
from tests.synthetic import draw_digits
from tests.web import served

PAGES = [ROOT / "README.md", *(ROOT / "docs").glob("*.md")]
TEXT = "\n".join(path.read_text(encoding="utf-8") for path in PAGES)
MODEL = ["models/mnist.onnx", "models/mnist.keras", "models/prototypes.npz"]
DATA = ["data/raw/train-images-idx3-ubyte", "data/prepared/validation_labels.npy"]
REPOSITORY, STORE = "https://example.org/digits.git", "https://example.org/store"


@pytest.fixture(scope="module")
def folder(tmp_path_factory):
    """Make a folder for the project, its store and nothing else."""
    return tmp_path_factory.mktemp("pull")


@pytest.fixture(scope="module")
def address(folder):
    """Serve the store, read-only."""
    (folder / "store").mkdir()
    with served(folder / "store") as address:
        yield address


@pytest.fixture(scope="module")
def origin(finished, folder, address):
    """Push the results of the finished project; commit the name of the store, and a release."""
    project = finished.copy(folder / "digits.git")
    shutil.copy(ROOT / "Makefile", project.folder)
    shutil.copytree(ROOT / "requirements", project.folder / "requirements")
    project.run("dvc", "remote", "add", "--local", "upload", str(folder / "store"))
    project.run("dvc", "push", "--remote", "upload")
    project.run("dvc", "remote", "add", "--default", "store", address)
    project.commit("store")
    project.run("git", "tag", "--annotate", "mnist@v1.0.0", "--message", "a release")
    return project


@pytest.fixture
def clone(origin, tmp_path):
    """Clone the project where there is neither cache nor mirror beside it."""
    clone = origin.clone(tmp_path / "clone")
    assert not (clone.folder / ".dvc/cache").exists()
    assert not any((clone.folder / name).exists() for name in [*MODEL, *DATA])
    return clone


@pytest.mark.slow
def test_pull_from_a_folder(origin, clone, folder):
    """A plain `dvc pull` of a remote that is a folder brings all, and no stage is due."""
    clone.run("dvc", "remote", "add", "--force", "--default", "store", str(folder / "store"))
    clone.run("dvc", "pull")
    for name in [*MODEL, *DATA]:
        assert clone.read(name) == origin.read(name), name
    assert clone.repro() == []
    assert clone.run("git", "status", "--porcelain", "dvc.lock") == ""


@pytest.mark.slow
def test_model_alone(origin, clone):
    """`dvc pull export` brings the model alone. With Keras' model, `dvc repro` trains nothing."""
    clone.run("dvc", "pull", "export")
    assert not (clone.folder / "data/raw").exists()
    assert clone.read(MODEL[0]) == origin.read(MODEL[0])
    clone.run("dvc", "pull", "train")
    assert clone.repro() == ["fetch", "prepare"]
    assert clone.run("git", "status", "--porcelain") == ""


@pytest.mark.slow
def test_push_false_ends_a_pull(clone, tmp_path):
    """The data is pushed too, because with `push: false` a plain `dvc pull` is an error."""
    clone.run("dvc", "pull")
    pipeline = yaml.safe_load(clone.read("dvc.yaml"))
    for stage in ("fetch", "prepare"):
        ((name, options),) = pipeline["stages"][stage]["outs"][0].items()
        pipeline["stages"][stage]["outs"] = [{name: options | {"push": False}}]
    (clone.folder / "dvc.yaml").write_text(yaml.safe_dump(pipeline), encoding="utf-8")
    clone.run("dvc", "remote", "add", "--default", "half", str(tmp_path / "store"))
    assert "3 files pushed" in clone.run("dvc", "push")
    for folder in ("data/raw", "data/prepared", ".dvc/cache"):
        shutil.rmtree(clone.folder / folder)
    assert "Checkout failed" in clone.run("dvc", "pull", fails=True)
    assert clone.read(MODEL[0])


def block(language, holds):
    """Give the only block of code in the pages that names the repository and holds a text."""
    blocks = re.findall(rf"^```{language}\n(.*?)^```", TEXT, re.S | re.M)
    (found,) = (block for block in blocks if REPOSITORY in block and holds in block)
    return found


def run(script, folder, **places):
    """Run a script as a shell does that stops at an error; return what it prints."""
    for url, place in places.items():
        script = script.replace({"repository": REPOSITORY, "store": STORE}[url], str(place))
    return subprocess.run(
        ["sh", "-e"],
        input=script,
        cwd=folder,
        env=Project.environment(),
        stdout=subprocess.PIPE,
        stderr=subprocess.STDOUT,
        text=True,
        check=True,
    ).stdout


def test_three_commands_to_a_prediction(origin, address, tmp_path):
    """The pages' commands, over HTTP: all results arrive, a picture is read, no stage is due."""
    clone, pull, predict = block("sh", "make pull").splitlines()
    run(clone, tmp_path, repository=origin.folder.as_uri())
    folder = tmp_path / "digits"
    pretend_set_up(folder)
    images, _ = draw_digits(1, seed=3)
    picture = Image.fromarray(255 - images[0]).resize((280, 280))
    picture.save(folder / "three.png")
    run(pull, folder, store=address)
    for name in [*MODEL, *DATA]:
        assert (folder / name).read_bytes() == origin.read(name), name
    head, row = run(predict, folder).splitlines()[-2:]
    assert head.split() == ["file", "digit", "confidence", "runner-up"]
    name, digit, *_ = row.split()
    assert (name, digit.rstrip("?").isdigit()) == ("three.png", True)
    assert "Running stage" not in run("dvc repro", folder)


def pretend_set_up(folder):
    """Make .venv of the programs that run these tests, in place of a set-up of minutes."""
    programs = folder / ".venv/bin"
    programs.mkdir(parents=True)
    for name in ("python", "python3", "dvc"):
        program = f"{sys.executable} -m dvc" if name == "dvc" else sys.executable
        (programs / name).write_text(f'#!/bin/sh\nexec {program} "$@"\n')
        (programs / name).chmod(0o755)
    (folder / ".venv/pyvenv.cfg").write_text(f"command = python -m venv {folder}/.venv\n")
    for name in (".ready-read", ".ready"):
        (programs / name).touch()


@pytest.fixture
def bucket(monkeypatch):
    """Serve S3 on this machine, with an empty bucket; return the server's address."""
    for name in ("AWS_ACCESS_KEY_ID", "AWS_SECRET_ACCESS_KEY"):
        monkeypatch.setenv(name, "any")
    monkeypatch.setenv("AWS_DEFAULT_REGION", "us-east-1")
    server = ThreadedMotoServer("127.0.0.1", 0, verbose=False)
    server.start()
    address = "http://{}:{}".format(*server.get_host_and_port())
    boto3.client("s3", endpoint_url=address).create_bucket(Bucket="digits")
    yield address
    server.stop()


@pytest.mark.slow
def test_s3(finished, bucket, tmp_path):
    """A remote on S3 takes a push, and gives it back to `dvc pull` and to `dvc repro --pull`."""
    project = finished.copy(tmp_path / "project")
    project.run("dvc", "remote", "add", "--default", "store", "s3://digits/store")
    project.run("dvc", "remote", "modify", "store", "endpointurl", bucket)
    project.commit("a store")
    project.run("dvc", "push")
    pulled = project.clone(tmp_path / "pulled")
    pulled.run("dvc", "pull")
    assert pulled.repro() == []
    made = project.clone(tmp_path / "made")
    assert "Running stage" not in made.run("dvc", "repro", "--pull")
    for name in [*MODEL, *DATA]:
        assert pulled.read(name) == made.read(name) == project.read(name), name


def test_deleted_cache(project):
    """`dvc commit` fills a deleted cache from the outputs, and no stage is due."""
    shutil.rmtree(project.folder / ".dvc/cache")
    project.run("dvc", "commit")
    assert project.repro() == []
    shutil.rmtree(project.folder / "models")
    project.run("dvc", "checkout")
    assert (project.folder / MODEL[0]).is_file()


def test_get_and_artifacts_get(origin, tmp_path):
    """The pages' commands for other projects: a folder, and the model of a release."""
    run(block("sh", "dvc artifacts get"), tmp_path, repository=origin.folder.as_uri())
    for name in MODEL:
        assert (tmp_path / name).read_bytes() == origin.read(name)
    assert (tmp_path / "mnist.onnx").read_bytes() == origin.read(MODEL[0])


def test_open(origin, tmp_path):
    """The pages' block of Python: data read from the store as a file, without a clone."""
    program = block("python", "dvc.api")
    script = f"{sys.executable} - <<'END'\n{program}\nnumpy.save('seen', labels)\nEND\n"
    run(script, tmp_path, repository=origin.folder.as_uri())
    expected = np.load(origin.folder / "data/prepared/validation_labels.npy")
    assert np.array_equal(np.load(tmp_path / "seen.npy"), expected)
