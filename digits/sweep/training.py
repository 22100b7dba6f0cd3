"""Train and score one run of a sweep."""

import tempfile
import time
from importlib import metadata
from pathlib import Path

from digits.dataset import holdout, idx
from digits.errors import UserError
from digits.evaluation.scoring import score
from digits.sweep.plan import OFFICIAL

# digits.network is imported by each function that needs it, because TensorFlow takes seconds.
RAW = Path("data/raw")
PACKAGES = ["tensorflow", "keras", "numpy", "scipy"]  # that compute what is measured


def run_locally(runs):
    """Train in this process, one run after the other.

    ``runs`` is a dict from :class:`~digits.sweep.plan.Run` to its key. Yields each run with its
    row, a dict, or with the UserError that ended it.
    """
    data = read_data(runs)
    for run, key in runs.items():
        try:
            row = row_of(run, key, data)
        except UserError as error:
            row = error
        yield run, row


def keys_of(runs):
    """Return a key for each run: a dict from the run to 12 hexadecimal digits.

    The key depends on the settings, the data, the code of the network and the versions of packages.
    It does not depend on the machine, which has a column of its own.
    """
    from digits.network import model
    from digits.network.checkpoint import key_of

    names = [f"{part}_{kind}" for part in parts_of(runs) for kind in ("images", "labels")]
    data = key_of(settings=None, files=[RAW / idx.FILES[name] for name in names])
    code = [*Path(model.__file__).parent.glob("*.py"), holdout.__file__]
    versions = {name: metadata.version(name) for name in PACKAGES}
    return {run: key_of(settings=[run.settings, data, versions], files=code)[:12] for run in runs}


def parts_of(runs):
    """List the parts of the raw data that are read: the test set only on the official split."""
    return ["train", "test"] if any(run.split == OFFICIAL for run in runs) else ["train"]


def read_data(runs):
    """Read the raw data that the runs need: a dict from the part to its images and labels."""
    return {part: idx.read_pair(RAW, part) for part in parts_of(runs)}


def row_of(run, key, data):
    """Train a run and score it like the evaluate stage.

    ``key`` is from :func:`keys_of`, ``data`` from :func:`read_data`. Returns a dict with the
    columns :data:`digits.sweep.results.COLUMNS`. Raises UserError if the loss becomes infinite or
    the holdout is too large.
    """
    from digits.network import environment, keras, model

    params = run.params
    keras.backend.clear_session()  # frees the memory of the last training
    dtype = environment.set_up(params.train)
    training, validation = split_of(run, data)
    began = time.perf_counter()
    trained, _ = train_recipe(params, training, validation, dtype=dtype)
    seconds = time.perf_counter() - began
    images, labels = validation
    shifted = score(labels, model.predict(trained, images, shifts=params.evaluate.shifts))
    unshifted = score(labels, model.predict(trained, images))
    return {
        "recipe": run.recipe,
        "split": str(run.split),
        "seed": run.seed,
        "images": len(labels),
        "errors": shifted["errors"],
        "accuracy": round(shifted["accuracy"], 5),
        "log_loss": round(shifted["log_loss"], 5),
        "errors_unshifted": unshifted["errors"],
        "log_loss_unshifted": round(unshifted["log_loss"], 5),
        "seconds": round(seconds, 1),
        "machine": machine_of(environment.describe(precision=dtype)),
        "key": key,
    }


def split_of(run, data):
    """Split the data of a run into training and validation, each images and labels."""
    images, labels = data["train"]
    if run.split == OFFICIAL:
        return (images, labels), data["test"]
    prepare = run.params.prepare
    parts = holdout.holdout(labels, size=prepare.holdout_size, seed=prepare.seed)
    return tuple((holdout.Subset(images, positions), labels[positions]) for positions in parts)


def train_recipe(params, training, validation, *, dtype, callbacks=()):
    """Train like the train stage, but keep nothing on disk.

    ``params`` is a :class:`digits.params.Params`; the other arguments and the result are those of
    :func:`digits.network.training.train`.
    """
    from digits.network.checkpoint import Checkpoint
    from digits.network.training import train

    with tempfile.TemporaryDirectory() as state:
        return train(
            training,
            validation,
            network=params.network,
            augment=params.augment,
            settings=params.train,
            dtype=dtype,
            checkpoint=Checkpoint(state, "sweep"),
            callbacks=callbacks,
        )


def machine_of(environment):
    """Name a machine from :func:`digits.network.environment.describe`."""
    threads = environment["threads"]
    noun = "thread" if threads == 1 else "threads"
    return f"{environment['processor']}, {threads} {noun}, {environment['precision']}"
