"""How a program of the project starts and ends: one line for an error, never a traceback."""

import signal
import sys

from digits.errors import UserError


def run(main, *, name):
    """Call ``main()`` and end the process with its exit code.

    A :class:`~digits.errors.UserError`, and an error of the operating system (disk full, no
    permission), become one line on standard error, which begins with ``name``, and exit code 1;
    Ctrl-C ends with 130 and SIGTERM with 143, after clean-up. Any other exception is a bug and
    keeps its traceback.
    """
    signal.signal(signal.SIGTERM, lambda number, _: sys.exit(128 + number))
    try:
        main()
    except UserError as error:
        sys.exit(f"{name}: {error}")
    except OSError as error:
        where = f"{error.filename}: " if error.filename else ""
        sys.exit(f"{name}: {where}{error.strerror or error}")
    except KeyboardInterrupt:
        sys.exit(130)
