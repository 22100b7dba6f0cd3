"""The page on which one draws a digit, as a browser and a hand use it."""

import http.client
import io
import os
import re
import shutil
import signal
import socket
import subprocess
import sys
import time
from importlib.util import find_spec

import numpy as np
import pytest
from PIL import Image, ImageDraw
from playwright.sync_api import expect, sync_playwright

from digits.handwriting.app import answer
from tests.project import ROOT

NAMES = ["chromium", "chromium-browser", "google-chrome"]
BROWSER = next(filter(None, map(shutil.which, NAMES)), None)
PATIENCE = 120  # seconds, on a busy machine

# What is drawn: strokes of (x, y), as shares of the canvas.
ONE = [[(0.5, 0.15), (0.5, 0.85)]]
SEVEN = [[(0.3, 0.2), (0.7, 0.2), (0.45, 0.85)]]
# With ONE these are two digits.
ONE_MORE = [[(0.85, 0.15), (0.85, 0.85)]]

needs_server = [
    pytest.mark.skipif(find_spec("gradio") is None, reason="Gradio is not installed: make app"),
    pytest.mark.skipif(
        not (ROOT / "models" / "mnist.keras").is_file(), reason="there is no model: make repro"
    ),
]
needs_browser = [
    *needs_server,
    pytest.mark.skipif(BROWSER is None, reason=f"no browser is installed: {', '.join(NAMES)}"),
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

    def is_silent(self):
        """Tell whether there is no answer at all."""
        return self.page.locator("#answer :is(output, li, img)").count() == 0


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
    """Start the Chromium, or Chrome, that is installed here."""
    options = [
        "--disable-gpu", "--disable-background-networking", "--disable-component-update",
        "--disable-sync", "--no-first-run",
    ]  # fmt: skip
    if os.geteuid() == 0:
        options.append("--no-sandbox")  # Chromium refuses to run as root without
    with sync_playwright() as playwright:
        browser = playwright.chromium.launch(executable_path=BROWSER, args=options)
        yield browser
        browser.close()


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
            (b"", r"^An empty file"),
            (png([]), r"^No ink"),
            (b"x" * 20_000_001, r"^Too large: more than 20,000,000 bytes"),
        ],
        ids=["cut", "text", "empty", "white", "large"],
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

    @pytest.mark.parametrize(
        ("path", "headers"),
        [
            ("/gradio_api/queue/join", {"Content-Length": str(10**10)}),
            ("/gradio_api/queue/join", {"Transfer-Encoding": "chunked"}),
            ("/gradio_api/upload", {"Content-Length": "0"}),
        ],
        ids=["long", "of unknown length", "file"],
    )
    def test_refuses_what_the_page_does_not_send(self, app, path, headers):
        """A body without bounds and a file to keep are refused before they are read."""
        connection = http.client.HTTPConnection("127.0.0.1", app.port, timeout=PATIENCE)
        connection.putrequest("POST", path)
        for name, value in headers.items():
            connection.putheader(name, value)
        connection.endheaders()
        assert connection.getresponse().status == 413
        connection.close()

    def test_only_this_computer(self, app):
        """It listens on 127.0.0.1 and on no other address."""
        with pytest.raises(ConnectionRefusedError):
            socket.create_connection(("127.0.0.2", app.port), timeout=PATIENCE)

    def test_interrupt(self, tmp_path):
        """Ctrl-C ends it with 130, without a traceback, and leaves nothing behind."""
        app = App(tmp_path)
        code, output = app.end(signal.SIGINT)
        assert code == 130
        assert len(output.splitlines()) == 2, output
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


def test_help_is_quick():
    """--help imports neither TensorFlow nor Gradio nor NumPy."""
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
    assert imported.isdisjoint({"tensorflow", "keras", "gradio", "numpy"})


def test_doubtful_reading():
    """Below 90 % the digit has a question mark, and the second best is named."""
    seen = np.zeros((28, 28), np.uint8)
    seen[4:24, 12:16] = 255
    probabilities = np.full(10, 0.0125, np.float32)
    probabilities[[4, 9]] = 0.6, 0.3
    shown = answer.reading(probabilities, seen)
    assert "<output>4?</output>" in shown
    assert "Unsure: 4 (60.0%) or 9 (30.0%)" in shown


def test_refusal_is_text():
    """What is in a message is no HTML."""
    assert "No &lt;ink&gt;." in answer.refusal("no <ink>")
