"""How a program of the project starts and ends: one line for an error, never a traceback."""

import os
import signal
import sys

from digits.errors import UserError


def run(main, *, name):
    """Call ``main()`` and end the process with its exit code.

    A :class:`~digits.errors.UserError`, and an error of the operating system (disk full, no
    permission), become one line on standard error, which begins with ``name``, and exit code 1;
    Ctrl-C ends with 130 and SIGTERM with 143, after clean-up, and so does with 141, without a
    word, what prints to a program that has ended, as ``head`` does. Any other exception is a bug
    and keeps its traceback. What a terminal cannot write, for it is not UTF-8, is written as an
    escape.
    """
    signal.signal(signal.SIGTERM, lambda number, _: sys.exit(128 + number))
    sys.stdout.reconfigure(errors="backslashreplace")
    try:
        try:
            main()
        finally:
            sys.stdout.flush()  # while an error can still be told
    except UserError as error:
        sys.exit(f"{name}: {error}")
    except OSError as error:
        # What is still buffered would fail once more when the process ends, with a traceback.
        os.dup2(os.open(os.devnull, os.O_WRONLY), sys.stdout.fileno())
        if isinstance(error, BrokenPipeError):
            sys.exit(128 + signal.SIGPIPE)
        where = f"{error.filename}: " if error.filename else ""
        sys.exit(f"{name}: {where}{error.strerror or error}")
    except KeyboardInterrupt:
        sys.exit(130)
