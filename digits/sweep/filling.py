"""A sweep under way: what is missing in its CSV is trained, and each row kept at once."""

import sys
import time
from contextlib import redirect_stdout

from digits.errors import UserError
from digits.sweep.plan import OFFICIAL
from digits.sweep.rows import opened
from digits.sweep.training import here, keys_of

TOLD = 6  # rows that do not count, by name


def fill(path, runs, *, train=here):
    """Train the runs that a CSV lacks; tell on standard error how far it is.

    Args:
        path: of the CSV, which is made where there is none.
        runs: a list of :class:`~digits.sweep.plan.Run`.
        train: as :func:`digits.sweep.training.here`.

    Returns:
        The rows of the runs, a DataFrame in their order; and a list of lines, one for each run that
        failed and so has no row.

    Raises:
        UserError: another sweep is writing to the CSV, or it is no such table.
    """
    keys = keys_of(runs)
    wanted = {(run.recipe, str(run.split), run.seed, key): run for run, key in keys.items()}
    failures = []
    # Standard output is for the table, not for what trainings and clusters say.
    with opened(path) as rows, redirect_stdout(sys.stderr):
        known = rows.read()
        others = known[~known.index.isin(list(wanted))]
        same_kind = (others["split"] == OFFICIAL) == (runs[0].split == OFFICIAL)
        _tell_of(path, others[same_kind])
        missing = {run: keys[run] for which, run in wanted.items() if which not in known.index}
        if missing:
            done = len(runs) - len(missing)
            _say(f"{len(runs)} runs, {done} done before, {len(missing)} to go")
            began = time.monotonic()
            for number, (run, row) in enumerate(train(missing), start=1):
                if isinstance(row, UserError):
                    failures.append(f"{run.name}: {row}")
                    result = f"failed: {row}"
                else:
                    rows.append(row)
                    result = f"{row['errors']} errors, log loss {row['log_loss']:.4f}"
                left = (time.monotonic() - began) / number * (len(missing) - number)
                _say(f"{done + number} of {len(runs)}: {run.name}: {result}; {_time(left)} left")
            known = rows.read()
    there = [which for which in wanted if which in known.index]
    return known.loc[there].reset_index(drop=True), failures


def _tell_of(path, others):
    if len(others):
        names = [f"{recipe}, split {split}, seed {seed}" for recipe, split, seed, _ in others.index]
        more = f"; and {len(names) - TOLD} more" if len(names) > TOLD else ""
        _say(
            f"{path}: rows of other code, data or settings, or of another plan, do not count:"
            f" {'; '.join(names[:TOLD])}{more}"
        )


def _say(line):
    print(f"sweep: {line}", file=sys.stderr, flush=True)


def _time(seconds):
    return f"{seconds:.0f} s" if seconds < 120 else f"{seconds / 60:.0f} min"
