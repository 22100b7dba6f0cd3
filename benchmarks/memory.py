"""How much memory a process holds that is its own; Linux tells it.

Pages of a file that is mapped are not counted (RssFile in /proc/self/status): the system drops
them when it needs the room, and reads them again. What was allocated is (RssAnon).
"""

import threading
from pathlib import Path

STATUS = Path("/proc/self/status")
EVERY = 0.02  # seconds between two looks


def held():
    """Give the bytes of memory that this process has allocated and touched."""
    fields = dict(line.split(":", 1) for line in STATUS.read_text(encoding="utf-8").splitlines())
    number, unit = fields["RssAnon"].split()
    assert unit == "kB"  # noqa: S101, which are KiB; the kernel knows no other
    return int(number) * 1024


class Peak:
    """The most that is held while a ``with`` block runs: ``bytes`` holds it afterwards."""

    def __enter__(self):
        """Begin to look."""
        self.bytes = held()
        self._ended = threading.Event()
        self._thread = threading.Thread(target=self._look, daemon=True)
        self._thread.start()
        return self

    def __exit__(self, *_):
        """Look no more."""
        self._ended.set()
        self._thread.join()

    def _look(self):
        while not self._ended.wait(EVERY):
            self.bytes = max(self.bytes, held())
