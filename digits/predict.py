"""Read digits from pictures, with the confidence and the runner-up of each.

Run it by ``make predict FILES='three.png photos/'``, or ``python -m digits.predict three.png``.
"""

import argparse
import json
import sys
import warnings
from pathlib import Path

from tqdm import tqdm

from digits.atomic_write import atomic_write
from digits.cli import run
from digits.errors import UserError
from digits.handwriting.limits import SURE
from digits.handwriting.reading import find, read
from digits.inference import THREADS, Recognizer

SHOWN = 60  # pictures that --show draws; more would be a poster
PROGRESS_DELAY = 2  # seconds after which a bar shows how far it is
EPILOG = f"""\
A FILE is a PNG, JPEG, GIF, BMP, WebP or TIFF picture of one digit; a folder, of which every
picture is read; or - for standard input. A question mark stands at what is doubtful: the
confidence is below {SURE:.0%}, or there seems to be more than one digit.
"""


def main(argv=None):
    """Read what the command line names; end with 1 if a file could not be read."""
    parser = argparse.ArgumentParser(
        prog="digits.predict",
        description="Reads digits from pictures: what they are, and how sure that is.",
        epilog=EPILOG,
    )
    parser.add_argument("files", nargs="+", metavar="FILE", help="a picture, a folder, or -")
    parser.add_argument("--json", action="store_true", help="print a JSON object per line")
    parser.add_argument("--show", type=Path, metavar="PATH", help="draw what it saw, as a PNG")
    parser.add_argument(
        "--threads",
        type=int,
        default=THREADS,
        help="at most this many (default: %(default)s)",
    )
    options = parser.parse_args(argv)
    if options.threads < 1:
        parser.error("--threads must be 1 or more")
    show = options.show
    if show and show.suffix.lower() != ".png":
        raise UserError(f"{show}: --show draws a PNG: its name must end in .png")
    recognizer = Recognizer(threads=options.threads)
    recognizer.check()
    found = list(find(options.files))
    width = max(4, *(len(printable(name)) for name, _ in found))
    failed, sound = 0, []
    # On a terminal only; the bar steps aside for what is printed.
    with tqdm(found, unit="picture", disable=None, delay=PROGRESS_DELAY, leave=False) as bar:
        for number, reading in enumerate(read(bar, recognizer)):
            with tqdm.external_write_mode():
                if number == 0 and not options.json:
                    print(f"{'file':{width}}  digit  confidence  runner-up")
                print_reading(reading, width=width, as_json=options.json)
            if reading.error:
                failed += 1
            elif show and len(sound) < SHOWN:
                sound.append(reading)
    if sound:
        draw(sound, show)
        if len(found) - failed > SHOWN:
            print(f"predict: {show} shows the first {SHOWN}", file=sys.stderr)
    sys.exit(1 if failed else 0)


def print_reading(reading, *, width, as_json):
    """Print a JSON object or a row of the table; an error is a line on standard error."""
    name = printable(reading.name)
    if as_json:
        print(json.dumps(reading.as_object(), allow_nan=False))
    elif not reading.error:
        second = reading.ranking[1]
        row = f"{name:{width}}  {caption(reading):5}  {reading.confidence:>10.1%}"
        row += f"  {second} {reading.probabilities[second]:.1%}  {reading.doubt}"
        print(row.rstrip())
    sys.stdout.flush()  # at once through a pipe, and in order with errors
    if reading.error:
        print(f"predict: {name}: {reading.error}", file=sys.stderr)


def caption(reading):
    """Write the digit, with a question mark if it is doubtful."""
    return f"{reading.ranking[0]}{'?' if reading.doubt else ''}"


def printable(name):
    """Write a name in one line, whatever is in it."""
    return name if name.isprintable() else name.encode("unicode_escape").decode()


def draw(readings, path):
    """Draw the pictures beside what the network saw."""
    from digits.evaluation.figures import style  # matplotlib takes a second to import
    from digits.handwriting.preview import preview_figure

    captions = [f"{caption(reading)}  {reading.confidence:.1%}" for reading in readings]
    with warnings.catch_warnings(), atomic_write() as new:
        warnings.simplefilter("ignore")  # of characters in a name that the font has not
        style.save(new(path), preview_figure, readings, captions)


if __name__ == "__main__":
    run(main, name="predict")
