"""The page on which one draws a digit, as a browser and a hand use it."""

import base64
import http.client
import io
import json
import os
import re
import signal
import socket
import subprocess
import sys
import time
from importlib.util import find_spec

import numpy as np
import pytest
from PIL import Image, ImageDraw
from playwright.sync_api import expect

from digits.handwriting.ink import normalize
from digits.handwriting.pictures import decode
from tests.browser import browser_is_installed, started
from tests.project import ROOT

PATIENCE = 120  # seconds, on a busy machine

# What is drawn: strokes of (x, y), as shares of the canvas.
ONE = [[(0.5, 0.15), (0.5, 0.85)]]
SEVEN = [[(0.3, 0.2), (0.7, 0.2), (0.45, 0.85)]]
# With ONE these are two digits.
ONE_MORE = [[(0.85, 0.15), (0.85, 0.85)]]

needs_server = [
    pytest.mark.skipif(find_spec("uvicorn") is None, reason="uvicorn is not installed: make app"),
    pytest.mark.skipif(
        not (ROOT / "models" / "mnist.keras").is_file(), reason="there is no model: make repro"
    ),
]
needs_browser = [
    *needs_server,
    browser_is_installed,
]

# Python runs this first: it notes every host that the program asks for or connects to.
SPY = """
import os, sys
def note(event, arguments):
    if event in ("socket.getaddrinfo", "socket.connect"):
        with open(os.environ["SPY"], "a") as file:
            print(event, arguments[event == "socket.connect"], file=file)
sys.addaudithook(note)
"""
# Python runs this first: it does as if a package were not installed.
HIDE = """
import sys
class Hide:
    def find_spec(self, name, *_):
        if name == {!r}:
            raise ModuleNotFoundError(name=name)
sys.meta_path.insert(0, Hide())
"""
# A request that ends before its picture does.
HALF = b"POST /read HTTP/1.1\r\nHost: app\r\nContent-Length: 1000\r\n\r\nhalf"
# Gives the page a file as a hand that drops it does: (name, type, bytes).
DROP = """([name, type, content]) => {
    const transfer = new DataTransfer();
    transfer.items.add(new File([new Uint8Array(content)], name, {type}));
    const drop = new DragEvent("drop", {dataTransfer: transfer, bubbles: true, cancelable: true});
    document.body.dispatchEvent(drop);
}"""


class App:
    """The program, started in the project, with a folder of its own for temporary files."""

    def __init__(self, folder):
        """Start it and wait until it serves."""
        self.temporary = folder / "tmp"
        self.temporary.mkdir()
        self.spied = folder / "spied"
        (folder / "sitecustomize.py").write_text(SPY, encoding="utf-8")
        self.port = free_port()
        self.url = f"http://127.0.0.1:{self.port}"
        environment = {"TMPDIR": self.temporary, "SPY": self.spied, "PYTHONPATH": folder}
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
        """Send a signal; return the exit code and all that was printed."""
        self.process.send_signal(number)
        rest, _ = self.process.communicate(timeout=PATIENCE)
        return self.process.returncode, self.output + rest


class Hand:
    """Someone at the page."""

    def __init__(self, page, app):
        """Open the page, and note what it asks for and what goes wrong in it."""
        self.page = page
        self.requests, self.errors = [], []
        page.on("request", lambda request: self.requests.append(request.url))
        page.on("pageerror", lambda error: self.errors.append(str(error)))
        page.on("console", lambda line: line.type == "error" and self.errors.append(line.text))
        page.goto(app.url)
        page.locator("#drawing canvas").wait_for(timeout=PATIENCE * 1000)

    def draw(self, strokes):
        """Draw with the mouse."""
        for (x, y), *others in strokes:
            self.page.mouse.move(*self.place(x, y))
            self.page.mouse.down()
            for point in others:
                self.page.mouse.move(*self.place(*point), steps=10)
            self.page.mouse.up()

    def place(self, x, y):
        """Find where on the page a point of the canvas is, in pixels."""
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
        expect(self.page.locator("#answer output")).to_have_text(text, timeout=PATIENCE * 1000)

    def says(self, text):
        """Wait until the page says this, or something that matches."""
        words = self.page.locator("#answer .verdict p")
        expect(words).to_have_text(text, timeout=PATIENCE * 1000)

    def asked(self):
        """Count the pictures that the page has sent."""
        return sum(url.endswith("/read") for url in self.requests)

    def is_silent(self):
        """Tell whether there is no answer at all."""
        return self.page.locator("#answer :is(output, li, img)").count() == 0


def ask(app, method, path, body=None):
    """Send a request, in chunks if the body is no bytes; return status, headers and content."""
    connection = http.client.HTTPConnection("127.0.0.1", app.port, timeout=PATIENCE)
    connection.request(method, path, body)
    response = connection.getresponse()
    content = response.read()
    connection.close()
    return response.status, response.headers, content


def free_port():
    """Find a port that nobody has."""
    with socket.create_server(("127.0.0.1", 0)) as server:
        return server.getsockname()[1]


def start_and_fail(folder, *arguments):
    """Run the program where it cannot start; return its exit code and what it says."""
    done = subprocess.run(
        [sys.executable, "-m", "digits.app", *arguments],
        cwd=folder,
        env=os.environ | {"PYTHONPATH": str(ROOT)},
        capture_output=True,
        text=True,
        timeout=PATIENCE,
    )
    assert done.stdout == ""
    return done.returncode, done.stderr


def png(strokes, *, ink=30, paper=200):
    """Draw on paper, and give the bytes of the file."""
    image = Image.new("L", (600, 500), paper)
    for stroke in strokes:
        points = [(100 + 400 * x, 50 + 400 * y) for x, y in stroke]
        ImageDraw.Draw(image).line(points, fill=ink, width=20, joint="curve")
    content = io.BytesIO()
    image.save(content, "PNG")
    return content.getvalue()


@pytest.fixture(scope="module")
def app(tmp_path_factory):
    """Serve the page; at the end, SIGTERM leaves nothing behind and prints no traceback."""
    app = App(tmp_path_factory.mktemp("app"))
    yield app
    code, output = app.end(signal.SIGTERM)
    assert code == 143
    assert len(output.splitlines()) == 2, output
    assert list(app.temporary.iterdir()) == []


@pytest.fixture(scope="module")
def browser():
    """Start one for all tests here."""
    with started() as browser:
        yield browser


@pytest.fixture
def hand(app, browser):
    """Sit down at a desk; in the end, nothing went wrong and nobody else was asked."""
    context = browser.new_context(viewport={"width": 1280, "height": 800})
    hand = Hand(context.new_page(), app)
    yield hand
    context.close()
    assert hand.errors == []
    assert [url for url in hand.requests if not url.startswith((app.url, "data:", "blob:"))] == []


@pytest.fixture
def finger(app, browser):
    """Take a phone, so low that the page can be scrolled; the fixture has ``draw`` by touch."""
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

    def test_empty_canvas_asks_for_a_digit(self, hand):
        """Before the first stroke there is no answer, and nothing to undo or to clear."""
        hand.says(re.compile("^Draw a digit"))
        assert hand.is_silent()
        for name in ("Undo", "Clear"):
            expect(hand.page.get_by_role("button", name=name)).to_be_disabled()

    def test_draw_clear_draw_undo(self, hand):
        """Each stroke is read; clear empties the canvas, and undo brings back what was there."""
        hand.draw(SEVEN)
        hand.reads("7")
        hand.press("Clear")
        hand.says(re.compile("^Draw a digit"))
        assert hand.is_silent()
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

    def test_what_the_network_sees(self, hand):
        """28 by 28 pixels, enlarged and sharp, beside the drawing."""
        hand.draw(SEVEN)
        hand.reads("7")
        image = hand.page.locator("#answer img")
        size = image.evaluate("image => [image.naturalWidth, image.naturalHeight]")
        assert size == [28, 28]
        assert image.evaluate("image => getComputedStyle(image).imageRendering") == "pixelated"
        box = image.bounding_box()
        assert box["width"] == box["height"] >= 4 * 28
        assert box["x"] > hand.place(1, 0)[0]

    def test_photo_instead(self, hand):
        """A photo covers the drawing, a stroke the photo, and undo brings back each."""
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

    def test_dropped_photo(self, hand):
        """A photo dropped anywhere on the page is read; light ink on black too."""
        content = png(SEVEN, ink=240, paper=10)
        hand.page.evaluate(DROP, ["seven.png", "image/png", list(content)])
        hand.reads("7")

    @pytest.mark.parametrize(
        ("content", "words"),
        [
            (png(SEVEN)[:300], r"damaged"),
            (b"no picture", r"^Not a whole picture of a known kind"),
            (b"", r"^An empty file\.$"),
            (png([]), r"^No ink"),
        ],
        ids=["cut", "text", "empty", "white"],
    )
    def test_broken_photo(self, hand, content, words):
        """What cannot be read is refused in a sentence, in the place of the answer."""
        hand.draw(ONE)
        hand.reads("1")
        hand.choose("broken.png", content)
        hand.says(re.compile(words))
        assert hand.is_silent()
        hand.press("Undo")
        hand.reads("1")

    def test_large_photo(self, hand):
        """A photo beyond the limit is refused without being sent."""
        hand.choose("large.png", b"x" * 20_000_001)
        hand.says("Too large: more than 20,000,000 bytes.")
        assert hand.is_silent()
        assert hand.asked() == 0

    def test_doubtful_reading(self, hand):
        """The digit has a question mark, and the second best is named."""
        probabilities = [0.0125] * 10
        probabilities[4], probabilities[9] = 0.6, 0.3
        answer = {"digit": 4, "probabilities": probabilities, "doubt": "unsure", "seen": "data:,"}
        hand.page.route("**/read", lambda route: route.fulfill(json=answer))
        hand.draw(ONE)
        hand.reads("4?")
        hand.says("Unsure: 4 (60.0%) or 9 (30.0%)")

    def test_refusal_is_text(self, hand):
        """What is in a message is no HTML."""
        answer = {"error": "no <b>ink</b>"}
        hand.page.route("**/read", lambda route: route.fulfill(json=answer))
        hand.draw(ONE)
        hand.says("No <b>ink</b>.")

    def test_newest_stroke_is_answered(self, hand):
        """A stroke makes the question before it stale: that one is given up."""
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
        assert hand.asked() == 2
        assert failed == ["net::ERR_ABORTED"]
        assert len([url for url in answered if url.endswith("/read")]) == 1

    def test_server_gone(self, hand):
        """Without a server the page says so, and a later stroke asks again."""
        hand.page.route("**/read", lambda route: route.abort(), times=1)
        hand.draw(ONE)
        hand.says("The server does not answer: make app starts it.")
        assert hand.is_silent()
        assert len(hand.errors) == 1  # the browser's own line
        hand.errors.clear()
        hand.press("Clear")
        hand.draw(SEVEN)
        hand.reads("7")

    def test_keyboard(self, hand):
        """Undo, Clear and Photo are reached by Tab, in this order, and one sees where one is."""
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
        """The whole answer is on a phone's screen, and the words stand out from the page."""
        hand.page.emulate_media(color_scheme=scheme)
        hand.page.set_viewport_size({"width": 390, "height": 844})
        hand.draw([*ONE, *ONE_MORE])
        hand.says(re.compile("^More than one digit"))  # the longest words
        assert hand.page.evaluate("document.documentElement.scrollHeight") == 844
        text, page = hand.page.evaluate(
            "[getComputedStyle(document.body).color, getComputedStyle(document.body)"
            ".backgroundColor].map((color) => Number(color.match(/[0-9]+/)[0]))"
        )
        assert (text < 64 and page > 192) if scheme == "light" else (text > 192 and page < 64)

    def test_finger(self, finger):
        """On a phone a finger draws and does not scroll; nothing is wider than the screen."""
        finger.draw(SEVEN)
        finger.reads("7")
        scrollable, moved, width = finger.page.evaluate(
            "[document.documentElement.scrollHeight > innerHeight, scrollY,"
            " document.documentElement.scrollWidth]"
        )
        assert scrollable
        assert (moved, width) == (0, 390)

    def test_reloading_forgets(self, hand):
        """Nothing of a drawing outlives its page, in the browser or in a file."""
        hand.draw(ONE)
        hand.reads("1")
        assert hand.page.evaluate("[localStorage.length, document.cookie]") == [0, ""]
        hand.page.reload()
        hand.says(re.compile("^Draw a digit"))


class TestServer:
    pytestmark = needs_server

    def test_asks_nobody(self, app):
        """The program itself looks up and calls no other computer."""
        lines = app.spied.read_text(encoding="utf-8").splitlines()
        assert [line for line in lines if "127.0.0.1" not in line] == []
        assert lines  # the spy was there

    def test_keeps_no_file(self, app):
        """After all that was drawn and uploaded, there is no file in the temporary folder."""
        assert [path for path in app.temporary.rglob("*") if path.is_file()] == []

    @pytest.mark.parametrize("content", [png(SEVEN), b"no picture"], ids=["seven", "text"])
    def test_answers_as_predict_does(self, app, content):
        """The answer is what `digits.predict --json` prints, and what the network saw."""
        done = subprocess.run(
            [sys.executable, "-m", "digits.predict", "--json", "-"],
            cwd=ROOT,
            input=content,
            capture_output=True,
        )
        status, headers, answer = ask(app, "POST", "/read", content)
        assert (status, headers["Content-Type"]) == (200, "application/json")
        answer = json.loads(answer)
        seen = answer.pop("seen", None)
        assert answer == json.loads(done.stdout)
        if "error" in answer:
            assert seen is None
        else:
            image = Image.open(io.BytesIO(base64.b64decode(seen.partition("base64,")[2])))
            assert np.array_equal(image, normalize(decode(content)))

    def test_short_body_in_chunks(self, app):
        """A body of unknown length is read as any other."""
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
        """It is refused before it is read, or else before its end: nothing here sends that."""
        connection = http.client.HTTPConnection("127.0.0.1", app.port, timeout=PATIENCE)
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
    def test_length_that_is_none(self, app, length):
        """What is no length is refused; the end of `app` shows that there was no traceback."""
        with socket.create_connection(("127.0.0.1", app.port), timeout=PATIENCE) as connection:
            head = f"POST /read HTTP/1.1\r\nHost: app\r\nContent-Length: {length}\r\n\r\n"
            connection.sendall(head.encode())
            assert connection.recv(12) == b"HTTP/1.1 400"

    def test_half_a_body(self, app):
        """A browser that goes away meanwhile is no error; see `app`."""
        with socket.create_connection(("127.0.0.1", app.port), timeout=PATIENCE) as connection:
            connection.sendall(HALF)

    def test_limit_of_the_page(self, app):
        """The page refuses what the server would refuse."""
        from digits.handwriting.app.server import LARGEST

        _, _, page = ask(app, "GET", "/")
        assert re.findall(rb'data-largest="(\d+)"', page) == [str(LARGEST).encode()]

    @pytest.mark.parametrize(
        ("method", "path", "expected"),
        [
            ("GET", "/", 200),
            ("GET", "/page.js", 200),
            ("GET", "/page.css", 200),
            ("POST", "/read", 200),
            ("GET", "/read", 405),
            ("POST", "/", 405),
            ("GET", "/server.py", 404),
        ],
    )
    def test_strict_policy(self, app, method, path, expected):
        """Every answer forbids what the page does not need."""
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
        """The page has no script and no style of its own, which the policy would forbid."""
        _, _, page = ask(app, "GET", "/")
        assert re.search(rb"<script(?![^>]* src=)|<style|\sstyle=|\son\w+=", page) is None

    def test_only_this_computer(self, app):
        """It listens on 127.0.0.1 and on no other address."""
        with pytest.raises(ConnectionRefusedError):
            socket.create_connection(("127.0.0.2", app.port), timeout=PATIENCE)

    def test_interrupt(self, tmp_path):
        """Ctrl-C ends it with 130, without a traceback, even while a picture comes in."""
        app = App(tmp_path)
        with socket.create_connection(("127.0.0.1", app.port), timeout=PATIENCE) as connection:
            connection.sendall(HALF)
            assert ask(app, "GET", "/")[0] == 200  # it has begun to read the picture
            code, output = app.end(signal.SIGINT)
        assert code == 130
        assert "Traceback" not in output, output
        assert list(app.temporary.iterdir()) == []


def test_port_taken(tmp_path):
    """A port that is taken is one line that names the flag, at once."""
    started = time.monotonic()
    with socket.create_server(("127.0.0.1", 0)) as server:
        port = str(server.getsockname()[1])
        code, errors = start_and_fail(tmp_path, "--port", port)
    assert code == 1
    assert errors == f"app: port {port} is taken; choose another with --port (make app PORT=…)\n"
    assert time.monotonic() - started < PATIENCE / 2


@pytest.mark.parametrize("port", ["0", "65536", "-1", "eighty", "", "٣"])
def test_port_that_is_none(tmp_path, port):
    """What is no port is one line."""
    code, errors = start_and_fail(tmp_path, f"--port={port}")
    assert code == 1
    assert re.fullmatch(r"app: .*is no port: 1 to 65535.*\n", errors), errors


def test_host_of_another(tmp_path):
    """An address that this computer has not is one line."""
    code, errors = start_and_fail(tmp_path, "--port", str(free_port()), "--host", "192.0.2.1")
    assert code == 1
    assert re.fullmatch(r"app: 192\.0\.2\.1: .*--host.*\n", errors), errors


def test_no_model(tmp_path):
    """Without a model there is one line that says what makes one."""
    code, errors = start_and_fail(tmp_path, "--port", str(free_port()))
    assert code == 1
    assert re.fullmatch(r"app: models/mnist\.keras: .*make repro.*\n", errors), errors


@pytest.mark.parametrize("package", ["starlette", "uvicorn"])
def test_not_installed(tmp_path, package):
    """Without what serves the page there is one line that says what installs it."""
    (tmp_path / "models").mkdir()
    (tmp_path / "models" / "mnist.keras").touch()
    (tmp_path / "sitecustomize.py").write_text(HIDE.format(package), encoding="utf-8")
    done = subprocess.run(
        [sys.executable, "-m", "digits.app", "--port", str(free_port())],
        cwd=tmp_path,
        env=os.environ | {"PYTHONPATH": f"{tmp_path}{os.pathsep}{ROOT}"},
        capture_output=True,
        text=True,
    )
    assert done.returncode == 1
    assert done.stderr == f"app: {package} is not installed; make app installs it\n"


def test_help_is_quick():
    """--help imports neither TensorFlow nor Starlette nor NumPy."""
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
    assert imported.isdisjoint({"tensorflow", "keras", "starlette", "uvicorn", "numpy"})
