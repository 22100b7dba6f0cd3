"""The page on which you draw a digit, in a real browser, and its server."""

import base64
import errno
import http.client
import io
import json
import os
import re
import signal
import socket
import subprocess
import sys
from importlib.util import find_spec

import numpy as np
import pytest
from PIL import Image, ImageDraw
from playwright.sync_api import expect

from digits import app as program
from digits import predict
from digits.errors import UserError
from digits.handwriting.pictures import decode
from tests.browser import browser_is_installed
from tests.handwriting import normalize
from tests.project import ROOT

TIMEOUT = 120  # seconds; the machine may be busy

# Drawings: lists of strokes, each a list of (x, y) as shares of the canvas.
ONE = [[(0.5, 0.15), (0.5, 0.85)]]
SEVEN = [[(0.3, 0.2), (0.7, 0.2), (0.45, 0.85)]]
# With ONE these are two digits.
ONE_MORE = [[(0.85, 0.15), (0.85, 0.85)]]

needs_server = [
    pytest.mark.skipif(find_spec("uvicorn") is None, reason="uvicorn is not installed: make app"),
    pytest.mark.skipif(
        not (ROOT / "models" / "mnist.onnx").is_file(), reason="there is no model: make repro"
    ),
]
needs_browser = [
    *needs_server,
    browser_is_installed,
]

# A sitecustomize.py that logs every host that the program looks up, listens on or connects to.
LOG_HOSTS = """
import os, sys
def note(event, arguments):
    if event in ("socket.getaddrinfo", "socket.bind", "socket.connect"):
        with open(os.environ["LOG"], "a") as file:
            print(event, arguments[event != "socket.getaddrinfo"], file=file)
sys.addaudithook(note)
"""
# A request whose body is incomplete.
INCOMPLETE_REQUEST = b"POST /read HTTP/1.1\r\nHost: app\r\nContent-Length: 1000\r\n\r\nhalf"
# Drops a file on the page: (name, type, bytes).
DROP = """([name, type, content]) => {
    const transfer = new DataTransfer();
    transfer.items.add(new File([new Uint8Array(content)], name, {type}));
    const drop = new DragEvent("drop", {dataTransfer: transfer, bubbles: true, cancelable: true});
    document.body.dispatchEvent(drop);
}"""


class App:
    """The running program, with its own folder for temporary files."""

    def __init__(self, folder):
        """Start the program and wait until it serves."""
        self.temporary = folder / "tmp"
        self.temporary.mkdir()
        self.log = folder / "hosts"
        (folder / "sitecustomize.py").write_text(LOG_HOSTS, encoding="utf-8")
        self.port = free_port()
        self.url = f"http://127.0.0.1:{self.port}"
        environment = {"TMPDIR": self.temporary, "LOG": self.log, "PYTHONPATH": folder}
        self.process = subprocess.Popen(
            [sys.executable, "-m", "digits.app", "--port", str(self.port)],
            cwd=ROOT,
            env=os.environ | environment,
            stdout=subprocess.PIPE,
            stderr=subprocess.STDOUT,
            text=True,
        )
        self.output = ""
        while self.url not in self.output:
            line = self.process.stdout.readline()
            assert line, self.output
            self.output += line

    def end(self, number):
        """Send a signal; return the exit code and the whole output."""
        self.process.send_signal(number)
        rest, _ = self.process.communicate(timeout=TIMEOUT)
        return self.process.returncode, self.output + rest


class Hand:
    """A user of the page."""

    def __init__(self, page, app):
        """Open the page; record its requests and errors."""
        self.page = page
        self.requests, self.errors = [], []
        page.on("request", lambda request: self.requests.append(request.url))
        page.on("pageerror", lambda error: self.errors.append(str(error)))
        page.on("console", lambda line: line.type == "error" and self.errors.append(line.text))
        page.goto(app.url)
        page.locator("#drawing canvas").wait_for(timeout=TIMEOUT * 1000)

    def draw(self, strokes):
        """Draw with the mouse."""
        for (x, y), *others in strokes:
            self.page.mouse.move(*self.place(x, y))
            self.page.mouse.down()
            for point in others:
                self.page.mouse.move(*self.place(*point), steps=10)
            self.page.mouse.up()

    def place(self, x, y):
        """Return the position on the page, in pixels, of a point of the canvas."""
        box = self.page.locator("#drawing canvas").bounding_box()
        return box["x"] + x * box["width"], box["y"] + y * box["height"]

    def press(self, name):
        """Press a button."""
        self.page.get_by_role("button", name=name).click()

    def choose(self, name, content):
        """Choose a file."""
        file = {"name": name, "mimeType": "image/png", "buffer": content}
        self.page.set_input_files("#drawing input", file)

    def reads(self, text):
        """Wait until the page shows this digit."""
        expect(self.page.locator("#answer output")).to_have_text(text, timeout=TIMEOUT * 1000)

    def says(self, text):
        """Wait until the page shows a message that equals or matches this text."""
        words = self.page.locator("#answer .verdict p")
        expect(words).to_have_text(text, timeout=TIMEOUT * 1000)

    def sent(self):
        """Return the number of pictures that the page has sent."""
        return sum(url.endswith("/read") for url in self.requests)

    def has_no_answer(self):
        """Return whether the page shows neither digit, bars nor image."""
        return self.page.locator("#answer :is(output, li, img)").count() == 0


def ask(app, method, path, body=None):
    """Send a request (an iterator as body: in chunks); return status, headers and content."""
    connection = http.client.HTTPConnection("127.0.0.1", app.port, timeout=TIMEOUT)
    connection.request(method, path, body)
    response = connection.getresponse()
    content = response.read()
    connection.close()
    return response.status, response.headers, content


def free_port():
    """Find a free port."""
    with socket.create_server(("127.0.0.1", 0)) as server:
        return server.getsockname()[1]


def error_of(*arguments):
    """Run the program in this process, where it cannot start; return its error."""
    with pytest.raises(UserError) as error:
        program.main(arguments)
    return str(error.value)


def png(strokes, *, ink=30, paper=200):
    """Draw strokes on paper and return the bytes of a PNG."""
    image = Image.new("L", (600, 500), paper)
    for stroke in strokes:
        points = [(100 + 400 * x, 50 + 400 * y) for x, y in stroke]
        ImageDraw.Draw(image).line(points, fill=ink, width=20, joint="curve")
    content = io.BytesIO()
    image.save(content, "PNG")
    return content.getvalue()


@pytest.fixture(scope="module")
def app(tmp_path_factory):
    """Serve the page; at the end, check that SIGTERM leaves no files and prints no traceback."""
    app = App(tmp_path_factory.mktemp("app"))
    yield app
    code, output = app.end(signal.SIGTERM)
    assert code == 143
    assert len(output.splitlines()) == 1, output
    assert list(app.temporary.iterdir()) == []


@pytest.fixture
def hand(app, browser):
    """Open the page on a desktop; at the end, check that there were no errors or other hosts."""
    context = browser.new_context(viewport={"width": 1280, "height": 800})
    hand = Hand(context.new_page(), app)
    yield hand
    context.close()
    assert hand.errors == []
    assert [url for url in hand.requests if not url.startswith((app.url, "data:", "blob:"))] == []


@pytest.fixture
def finger(app, browser):
    """Open the page on a phone that is low enough to scroll; ``draw`` uses touch events."""
    context = browser.new_context(
        viewport={"width": 390, "height": 600}, has_touch=True, is_mobile=True
    )
    hand = Hand(context.new_page(), app)
    session = context.new_cdp_session(hand.page)

    def draw(strokes):
        for stroke in strokes:
            kind = "touchStart"
            for start, end in zip(stroke, stroke[1:], strict=False):
                for x, y in np.linspace(start, end, 12):
                    x, y = hand.place(x, y)
                    point = {"x": float(x), "y": float(y)}
                    touch = {"type": kind, "touchPoints": [point]}
                    session.send("Input.dispatchTouchEvent", touch)
                    kind = "touchMove"
            touch = {"type": "touchEnd", "touchPoints": []}
            session.send("Input.dispatchTouchEvent", touch)

    hand.draw = draw
    yield hand
    context.close()
    assert hand.errors == []


class TestPage:
    pytestmark = needs_browser

    def test_draw_clear_draw_undo(self, hand):
        """Each stroke is read; Clear empties the canvas, and Undo restores the step before."""
        hand.says(re.compile("^Draw a digit"))
        assert hand.has_no_answer()
        for name in ("Undo", "Clear"):
            expect(hand.page.get_by_role("button", name=name)).to_be_disabled()
        hand.draw(SEVEN)
        hand.reads("7")
        hand.press("Clear")
        hand.says(re.compile("^Draw a digit"))
        assert hand.has_no_answer()
        hand.draw(ONE)
        hand.reads("1")
        hand.draw(ONE_MORE)
        hand.says(re.compile("^More than one digit"))
        hand.press("Undo")
        hand.reads("1")
        hand.press("Undo")
        hand.says(re.compile("^Draw a digit"))
        hand.press("Undo")  # the clearing
        hand.reads("7")
        hand.press("Undo")
        hand.says(re.compile("^Draw a digit"))
        expect(hand.page.get_by_role("button", name="Undo")).to_be_disabled()

    def test_photo_and_drawing(self, hand):
        """A photo replaces a drawing and a drawing a photo; Undo restores each."""
        hand.draw(ONE)
        hand.reads("1")
        hand.choose("seven.png", png(SEVEN))
        hand.reads("7")
        hand.draw(ONE)
        hand.reads("1")
        hand.press("Undo")
        hand.reads("7")
        hand.press("Undo")
        hand.reads("1")


class TestPageInDetail:
    pytestmark = [*needs_browser, pytest.mark.slow]

    def test_ten_bars(self, hand):
        """Each digit has a bar as long as its probability, and the best one stands out."""
        hand.draw(SEVEN)
        hand.reads("7")
        rows = [row.split() for row in hand.page.locator("#answer li").all_inner_texts()]
        assert [digit for digit, _ in rows] == list("0123456789")
        percents = [float(share.removesuffix("%")) for _, share in rows]
        assert sum(percents) == pytest.approx(100, abs=1)
        assert np.argmax(percents) == 7
        bars = [bar.bounding_box()["width"] for bar in hand.page.locator("#answer .bar").all()]
        track = hand.page.locator("#answer .track").first.bounding_box()["width"]
        assert np.multiply(bars, 100 / track) == pytest.approx(percents, abs=1)
        assert hand.page.locator("#answer li.best").inner_text().split()[0] == "7"

    def test_network_input(self, hand):
        """The network's 28 by 28 pixels are shown beside the drawing, enlarged without blur."""
        hand.draw(SEVEN)
        hand.reads("7")
        image = hand.page.locator("#answer img")
        size = image.evaluate("image => [image.naturalWidth, image.naturalHeight]")
        assert size == [28, 28]
        assert image.evaluate("image => getComputedStyle(image).imageRendering") == "pixelated"
        box = image.bounding_box()
        assert box["width"] == box["height"] >= 4 * 28
        assert box["x"] > hand.place(1, 0)[0]

    def test_dropped_photo(self, hand):
        """A photo that is dropped anywhere on the page is read."""
        content = png(SEVEN, ink=240, paper=10)
        hand.page.evaluate(DROP, ["seven.png", "image/png", list(content)])
        hand.reads("7")

    def test_broken_photo(self, hand):
        """A file that cannot be read shows an error in place of the answer."""
        hand.draw(ONE)
        hand.reads("1")
        for content, words in {
            png(SEVEN)[:300]: "damaged",
            b"no picture": "^Not a whole picture of a known kind",
            b"": r"^An empty file\.$",
            png([]): "^No ink",
        }.items():
            hand.choose("broken.png", content)
            hand.says(re.compile(words))
            assert hand.has_no_answer()
            hand.press("Undo")
            hand.reads("1")

    def test_large_photo(self, hand):
        """A photo that is too large is rejected without being sent."""
        hand.choose("large.png", b"x" * 20_000_001)
        hand.says("Too large: more than 20,000,000 bytes.")
        assert hand.has_no_answer()
        assert hand.sent() == 0

    def test_doubtful_reading(self, hand):
        """A doubtful digit has a question mark, and the runner-up is shown."""
        probabilities = [0.0125] * 10
        probabilities[4], probabilities[9] = 0.6, 0.3
        answer = {"digit": 4, "probabilities": probabilities, "doubt": "unsure", "seen": "data:,"}
        hand.page.route("**/read", lambda route: route.fulfill(json=answer))
        hand.draw(ONE)
        hand.reads("4?")
        hand.says("Unsure: 4 (60.0%) or 9 (30.0%)")

    def test_error_is_text(self, hand):
        """HTML in a message is shown as text."""
        answer = {"error": "no <b>ink</b>"}
        hand.page.route("**/read", lambda route: route.fulfill(json=answer))
        hand.draw(ONE)
        hand.says("No <b>ink</b>.")

    def test_newest_stroke_wins(self, hand):
        """A new stroke aborts the request for the stroke before it."""
        held, failed, answered = [], [], []

        def hold_the_first(route):
            if held:
                route.continue_()
            else:
                held.append(route)

        hand.page.route("**/read", hold_the_first)
        hand.page.on("requestfailed", lambda request: failed.append(request.failure))
        hand.page.on("response", lambda response: answered.append(response.url))
        with hand.page.expect_request("**/read"):
            hand.draw(ONE)
        hand.draw(ONE_MORE)
        hand.says(re.compile("^More than one digit"))
        assert hand.sent() == 2
        assert failed == ["net::ERR_ABORTED"]
        assert len([url for url in answered if url.endswith("/read")]) == 1

    def test_server_gone(self, hand):
        """The page reports that the server is gone, and a later stroke tries again."""
        hand.page.route("**/read", lambda route: route.abort(), times=1)
        hand.draw(ONE)
        hand.says("The server does not answer; start it with make app.")
        assert hand.has_no_answer()
        assert len(hand.errors) == 1  # from the browser itself
        hand.errors.clear()
        hand.press("Clear")
        hand.draw(SEVEN)
        hand.reads("7")

    def test_keyboard(self, hand):
        """Tab reaches Undo, Clear and Photo in this order, with a visible focus."""
        hand.draw(ONE)
        hand.reads("1")
        keys = [hand.page.get_by_role("button", name=name) for name in ("Undo", "Clear")]
        for key in [*keys, hand.page.get_by_label("Photo…")]:
            hand.page.keyboard.press("Tab")
            expect(key).to_be_focused()
            outlined = "key => getComputedStyle(key.closest('button, label')).outlineStyle"
            assert key.evaluate(outlined) == "solid"
        hand.page.keyboard.press("Shift+Tab")
        hand.page.keyboard.press("Shift+Tab")
        hand.page.keyboard.press("Enter")
        hand.says(re.compile("^Draw a digit"))

    @pytest.mark.parametrize("scheme", ["light", "dark"])
    def test_phone(self, hand, scheme):
        """The whole page fits on a phone's screen, and text contrasts with the background."""
        hand.page.emulate_media(color_scheme=scheme)
        hand.page.set_viewport_size({"width": 390, "height": 844})
        hand.draw([*ONE, *ONE_MORE])
        hand.says(re.compile("^More than one digit"))  # the longest message
        assert hand.page.evaluate("document.documentElement.scrollHeight") == 844
        text, page = hand.page.evaluate(
            "[getComputedStyle(document.body).color, getComputedStyle(document.body)"
            ".backgroundColor].map((color) => Number(color.match(/[0-9]+/)[0]))"
        )
        assert (text < 64 and page > 192) if scheme == "light" else (text > 192 and page < 64)

    def test_finger(self, finger):
        """A finger draws instead of scrolling, and the page is not wider than the screen."""
        finger.draw(SEVEN)
        finger.reads("7")
        scrollable, moved, width = finger.page.evaluate(
            "[document.documentElement.scrollHeight > innerHeight, scrollY,"
            " document.documentElement.scrollWidth]"
        )
        assert scrollable
        assert (moved, width) == (0, 390)

    def test_reloading_forgets(self, hand):
        """The browser stores nothing of a drawing."""
        hand.draw(ONE)
        hand.reads("1")
        assert hand.page.evaluate("[localStorage.length, document.cookie]") == [0, ""]
        hand.page.reload()
        hand.says(re.compile("^Draw a digit"))


class TestServer:
    pytestmark = needs_server

    def test_contacts_no_other_host(self, app):
        """The program looks up and connects to no other computer."""
        lines = app.log.read_text(encoding="utf-8").splitlines()
        assert [line for line in lines if not re.search(r"'(127\.0\.0\.1|::1)'", line)] == []
        assert lines  # the log works

    def test_stores_no_files(self, app):
        """After all drawings and uploads, the temporary folder has no files."""
        assert [path for path in app.temporary.rglob("*") if path.is_file()] == []

    @pytest.mark.parametrize("content", [png(SEVEN), b"no picture"], ids=["seven", "text"])
    def test_same_answer_as_predict(self, app, content, monkeypatch, capsys):
        """The answer is the JSON of `digits.predict --json`, and the network's input."""
        monkeypatch.chdir(ROOT)
        monkeypatch.setattr(sys, "stdin", io.TextIOWrapper(io.BytesIO(content)))
        with pytest.raises(SystemExit):
            predict.main(["--json", "-"])
        status, headers, answer = ask(app, "POST", "/read", content)
        assert (status, headers["Content-Type"]) == (200, "application/json")
        answer = json.loads(answer)
        seen = answer.pop("seen", None)
        assert answer == json.loads(capsys.readouterr().out)
        if "error" in answer:
            assert seen is None
        else:
            image = Image.open(io.BytesIO(base64.b64decode(seen.partition("base64,")[2])))
            assert np.array_equal(image, normalize(decode(content).grey))

    def test_short_body_in_chunks(self, app):
        """A body of unknown length is read like any other."""
        content = png(SEVEN)
        status, _, answer = ask(app, "POST", "/read", iter([content[:1000], content[1000:]]))
        assert (status, json.loads(answer)["digit"]) == (200, 7)

    @pytest.mark.parametrize(
        ("name", "value", "sent"),
        [
            ("Content-Length", "25000000", b""),
            ("Transfer-Encoding", "chunked", b"100000\r\n" + b"x" * 2**20 + b"\r\n"),
        ],
        ids=["long", "of unknown length"],
    )
    def test_long_body(self, app, name, value, sent):
        """A body that is too long is rejected before its end, which is never sent here."""
        connection = http.client.HTTPConnection("127.0.0.1", app.port, timeout=TIMEOUT)
        connection.putrequest("POST", "/read")
        connection.putheader(name, value)
        connection.endheaders()
        for _ in range(20):
            connection.send(sent)
        response = connection.getresponse()
        assert response.status == 413
        error = "too large: more than 20,000,000 bytes"
        assert json.loads(response.read()) == {"file": "-", "error": error}
        connection.close()

    @pytest.mark.parametrize("length", ["", "many", "-1", "9" * 5000])
    def test_invalid_length(self, app, length):
        """An invalid Content-Length is rejected; `app` checks that there is no traceback."""
        with socket.create_connection(("127.0.0.1", app.port), timeout=TIMEOUT) as connection:
            head = f"POST /read HTTP/1.1\r\nHost: app\r\nContent-Length: {length}\r\n\r\n"
            connection.sendall(head.encode())
            assert connection.recv(12) == b"HTTP/1.1 400"

    def test_half_a_body(self, app):
        """A browser may disconnect while it sends; `app` checks that there is no traceback."""
        with socket.create_connection(("127.0.0.1", app.port), timeout=TIMEOUT) as connection:
            connection.sendall(INCOMPLETE_REQUEST)

    def test_limit_of_the_page(self, app):
        """The page has the same limit as the server."""
        from digits.handwriting.app.server import MAX_BYTES

        _, _, page = ask(app, "GET", "/")
        assert re.findall(rb'data-max-bytes="(\d+)"', page) == [str(MAX_BYTES).encode()]

    @pytest.mark.parametrize(
        ("method", "path", "expected"),
        [
            ("GET", "/", 200),
            ("GET", "/page.js", 200),
            ("GET", "/answer.js", 200),
            ("GET", "/page.css", 200),
            ("POST", "/read", 200),
            ("GET", "/read", 405),
            ("POST", "/", 405),
            ("GET", "/server.py", 404),
        ],
    )
    def test_strict_policy(self, app, method, path, expected):
        """Every response has the security headers."""
        status, headers, _ = ask(app, method, path)
        assert status == expected
        assert headers["Content-Security-Policy"] == (
            "default-src 'none'; script-src 'self'; style-src 'self'; img-src 'self' data: blob:;"
            " connect-src 'self'; base-uri 'none'; form-action 'none'; frame-ancestors 'none'"
        )
        assert headers["X-Content-Type-Options"] == "nosniff"
        assert headers["Referrer-Policy"] == "no-referrer"
        assert headers["Cache-Control"] == "no-cache"

    def test_nothing_inline(self, app):
        """The page has no inline script or style, which the policy would block."""
        _, _, page = ask(app, "GET", "/")
        assert re.search(rb"<script(?![^>]* src=)|<style|\sstyle=|\son\w+=", page) is None

    def test_only_this_computer(self, app):
        """The server listens on 127.0.0.1 only."""
        with pytest.raises(ConnectionRefusedError):
            socket.create_connection(("127.0.0.2", app.port), timeout=TIMEOUT)

    @pytest.mark.slow
    def test_interrupt(self, tmp_path):
        """Ctrl-C ends the server with exit code 130, even during an upload."""
        app = App(tmp_path)
        with socket.create_connection(("127.0.0.1", app.port), timeout=TIMEOUT) as connection:
            connection.sendall(INCOMPLETE_REQUEST)
            assert ask(app, "GET", "/")[0] == 200  # the server is reading the picture now
            code, output = app.end(signal.SIGINT)
        assert code == 130
        assert "Traceback" not in output, output
        assert list(app.temporary.iterdir()) == []


def test_port_taken(tmp_path):
    """A port in use is an error of one line."""
    with socket.create_server(("127.0.0.1", 0)) as server:
        port = str(server.getsockname()[1])
        done = subprocess.run(
            [sys.executable, "-m", "digits.app", "--port", port],
            cwd=tmp_path,
            env=os.environ | {"PYTHONPATH": str(ROOT)},
            capture_output=True,
            text=True,
        )
    assert (done.returncode, done.stdout) == (1, "")
    assert re.fullmatch(rf"app: port {port} is in use.*--port.*\n", done.stderr), done.stderr


@pytest.mark.parametrize("port", ["0", "65536", "-1", "eighty", "", "٣"])
def test_invalid_port(port):
    """An invalid port is an error of one line."""
    assert re.fullmatch(r".*1 to 65535.*", error_of(f"--port={port}"))


@pytest.mark.parametrize("host", ["192.0.2.1", "2001:db8::1", "no.such.host.invalid", 64 * "x"])
def test_address_of_another_computer(host):
    """An address or name that is not of this computer is an error of one line."""
    error = error_of("--port", str(free_port()), "--host", host)
    assert re.fullmatch(rf"{host}: .*--host.*", error)


def test_port_that_is_not_permitted(monkeypatch):
    """A port that only root may use is an error of one line."""

    class Forbidden(socket.socket):  # root, who may run the tests, is permitted all
        def bind(self, _address):
            raise PermissionError(errno.EACCES, "Permission denied")

    monkeypatch.setattr(socket, "socket", Forbidden)
    assert re.fullmatch(r"port 80 .*--port.*", error_of("--port", "80"))


def test_no_model(tmp_path, monkeypatch):
    """A missing model is an error of one line that names the command."""
    monkeypatch.chdir(tmp_path)
    error = error_of("--port", str(free_port()))
    assert re.fullmatch(r"models/mnist\.onnx: .*make repro.*", error)


@pytest.mark.parametrize("package", ["starlette", "uvicorn"])
def test_not_installed(tmp_path, monkeypatch, package):
    """A missing package is an error of one line that names the command."""
    monkeypatch.chdir(tmp_path)
    (tmp_path / "models").mkdir()
    (tmp_path / "models" / "mnist.onnx").touch()

    class Hidden:
        @staticmethod
        def find_spec(name, *_):
            if name == package:
                raise ModuleNotFoundError(name=name)

    monkeypatch.setattr(sys, "meta_path", [Hidden, *sys.meta_path])
    for name in list(sys.modules):
        if name.split(".")[0] == package or name == "digits.handwriting.app.server":
            monkeypatch.delitem(sys.modules, name)
    assert re.fullmatch(rf"{package} .*make app.*", error_of("--port", str(free_port())))


def test_help_is_quick():
    """--help imports neither TensorFlow, ONNX Runtime nor Starlette."""
    done = subprocess.run(
        [sys.executable, "-X", "importtime", "-m", "digits.app", "--help"],
        cwd=ROOT,
        capture_output=True,
        text=True,
    )
    assert done.returncode == 0
    assert "--port" in done.stdout
    imported = {line.split("|")[-1].strip().split(".")[0] for line in done.stderr.splitlines()}
    assert "argparse" in imported
    assert imported.isdisjoint({"tensorflow", "keras", "starlette", "uvicorn", "onnxruntime"})
