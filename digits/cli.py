"""Run a program: an error that a user can fix is one line, not a traceback."""

import os
import signal
import sys

from digits.errors import UserError


def run(main, *, name):
    """Call ``main()`` and end the process with its exit code.

    - :class:`~digits.errors.UserError` and ``OSError`` (disk full, no permission): 1, with one
      line on standard error that begins with ``name``.
    - Ctrl-C: 130, and SIGTERM: 143, both after clean-up.
    - A closed pipe, as ``head`` leaves it: 141, silently.
    - Any other exception is a bug and keeps its traceback.

    Characters that the encoding of standard output lacks are written as escapes.
    """
    signal.signal(signal.SIGTERM, lambda number, _: sys.exit(128 + number))
    sys.stdout.reconfigure(errors="backslashreplace")
    try:
        try:
            main()
        finally:
            sys.stdout.flush()  # here, where an error becomes one line
    except UserError as error:
        sys.exit(f"{name}: {error}")
    except OSError as error:
        # Output that is still buffered would fail again when the process ends, with a traceback.
        os.dup2(os.open(os.devnull, os.O_WRONLY), sys.stdout.fileno())
        if isinstance(error, BrokenPipeError):
            sys.exit(128 + signal.SIGPIPE)
        where = f"{error.filename}: " if error.filename else ""
        sys.exit(f"{name}: {where}{error.strerror or error}")
    except KeyboardInterrupt:
        sys.exit(130)
