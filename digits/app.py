"""``python -m digits.app``: serve the page on this computer."""

import argparse
from pathlib import Path

from digits.cli import run
from digits.errors import UserError
from digits.handwriting.app.address import listen
from digits.handwriting.recognizer import Recognizer
from digits.params import read_params


def port(text):
    """Read a port, a number from 1 to 65535, from the command line."""
    if not text.isascii() or not text.isdigit() or not 1 <= int(text) <= 65535:
        raise argparse.ArgumentTypeError(f"{text!r} is no port: 1 to 65535")
    return int(text)


class _Parser(argparse.ArgumentParser):
    """Says in one line what is wrong, as every program here; argparse would print the usage."""

    def error(self, message):
        raise UserError(f"{message} (--help explains)")


def main():
    """Check what can be checked in a moment, then load what takes seconds, then serve."""
    parser = _Parser(
        prog="python -m digits.app",
        description="Serve a page on which you draw a digit and the network reads it.",
    )
    parser.add_argument("--port", type=port, default=7860, help="default: %(default)s")
    parser.add_argument(
        "--host",
        default="127.0.0.1",
        help="address to listen on; 0.0.0.0 lets other computers in (default: %(default)s)",
    )
    options = parser.parse_args()
    shifts = read_params().evaluate.shifts if Path("params.yaml").is_file() else 0
    recognizer = Recognizer(shifts=shifts)
    with listen(options.host, options.port) as listener:
        recognizer.check()
        print("Loading the network: some seconds", flush=True)
        try:  # not before: it takes seconds to import, and --help does not need it
            from digits.handwriting.app.server import serve
        except ModuleNotFoundError as error:
            raise UserError(f"{error.name} is not installed; make app installs it") from error
        serve(listener, recognizer)


if __name__ == "__main__":
    run(main, name="app")
