"""What DVC runs."""

import digits  # noqa: F401, before any package, for what it sees to
