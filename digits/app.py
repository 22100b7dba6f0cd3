"""``python -m digits.app``: serve the page on this computer."""

import argparse
import errno
import socket

from digits.cli import run
from digits.errors import UserError
from digits.inference import Recognizer


def port(text):
    """Read a port, a number from 1 to 65535, from the command line."""
    if not text.isascii() or not text.isdigit() or not 1 <= int(text) <= 65535:
        raise argparse.ArgumentTypeError(f"{text!r} is no port: 1 to 65535")
    return int(text)


class _Parser(argparse.ArgumentParser):
    def error(self, message):  # one line; argparse would print the usage too
        raise UserError(f"{message} (--help explains)")


def main(argv=None):
    """Check the port and the model, then serve."""
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
    options = parser.parse_args(argv)
    recognizer = Recognizer()
    with listen(options.host, options.port) as listener:
        recognizer.check()
        try:  # not before: --help does not need it
            from digits.handwriting.app.server import serve
        except ModuleNotFoundError as error:
            raise UserError(f"{error.name} is not installed; make app installs it") from error
        serve(listener, recognizer)


def listen(host, port):
    """Return a socket that listens; browsers can connect to it before the server is ready.

    Raises UserError if the port is in use or not permitted, or the host is not this computer.
    """
    family = socket.AF_INET6 if ":" in host else socket.AF_INET
    # asyncio delays the answers of a socket without a protocol.
    listener = socket.socket(family, socket.SOCK_STREAM, socket.IPPROTO_TCP)
    # Ignore connections of an earlier server that are still closing.
    listener.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
    try:
        listener.bind((host, port))
        listener.listen()
    except (OSError, UnicodeError) as error:
        listener.close()
        if getattr(error, "errno", None) == errno.EADDRINUSE:
            reason = f"port {port} is in use; choose another with --port (make app PORT=…)"
        elif isinstance(error, PermissionError):
            reason = f"port {port} is not permitted; choose 1024 or higher with --port"
        else:
            reason = f"{host}: unknown host, or not this computer; choose another with --host"
        raise UserError(reason) from error
    return listener


if __name__ == "__main__":
    run(main, name="app")
