"""Memory that a process has allocated, as Linux reports it.

Only allocated memory counts (RssAnon in /proc/self/status). Pages of memory-mapped files (RssFile)
do not, because the system can drop them and read them again.
"""

import threading
from pathlib import Path

STATUS = Path("/proc/self/status")
POLL_INTERVAL = 0.02  # seconds


def allocated_bytes():
    """Return the resident memory of this process without mapped files, in bytes."""
    fields = dict(line.split(":", 1) for line in STATUS.read_text(encoding="utf-8").splitlines())
    number, unit = fields["RssAnon"].split()
    assert unit == "kB"  # noqa: S101, the kernel's only unit, which means KiB
    return int(number) * 1024


class PeakMemory:
    """Context manager whose attribute ``bytes`` is the most memory allocated in its block."""

    def __enter__(self):
        """Start measuring."""
        self.bytes = allocated_bytes()
        self._ended = threading.Event()
        self._thread = threading.Thread(target=self._poll, daemon=True)
        self._thread.start()
        return self

    def __exit__(self, *_):
        """Stop measuring."""
        self._ended.set()
        self._thread.join()

    def _poll(self):
        while not self._ended.wait(POLL_INTERVAL):
            self.bytes = max(self.bytes, allocated_bytes())
