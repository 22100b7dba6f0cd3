"""Run a sweep: train what its CSV lacks, and write each row at once."""

import sys
import time
from contextlib import redirect_stdout

from digits.errors import UserError
from digits.sweep.plan import OFFICIAL
from digits.sweep.results import opened
from digits.sweep.training import keys_of, run_locally

TOLD = 6  # rows at most that are named as not counting


def fill(path, runs, *, train=run_locally):
    """Train the runs that a CSV lacks. Progress goes to standard error.

    Args:
        path: of the CSV, which is made if there is none.
        runs: a list of :class:`~digits.sweep.plan.Run`.
        train: a function like :func:`digits.sweep.training.run_locally`.

    Returns:
        The rows of the runs, a DataFrame in their order, and a list of lines, one for each run that
        failed and has no row.

    Raises:
        UserError: another sweep is writing to the CSV, or it is not the CSV of a sweep.
    """
    keys = keys_of(runs)
    wanted = {(run.recipe, str(run.split), run.seed, key): run for run, key in keys.items()}
    failures = []
    # Standard output is for the table, not for what trainings and clusters print.
    with opened(path) as rows, redirect_stdout(sys.stderr):
        known = rows.read()
        others = known[~known.index.isin(list(wanted))]
        same_kind = (others["split"] == OFFICIAL) == (runs[0].split == OFFICIAL)
        _name_others(path, others[same_kind])
        missing = {run: keys[run] for which, run in wanted.items() if which not in known.index}
        if missing:
            done = len(runs) - len(missing)
            _print(f"{len(runs)} runs, {done} done before, {len(missing)} to go")
            began = time.monotonic()
            for number, (run, row) in enumerate(train(missing), start=1):
                if isinstance(row, UserError):
                    failures.append(f"{run.name}: {row}")
                    result = f"failed: {row}"
                else:
                    rows.append(row)
                    result = f"{row['errors']} errors, log loss {row['log_loss']:.4f}"
                minutes = (time.monotonic() - began) / number * (len(missing) - number) / 60
                place = f"{done + number} of {len(runs)}"
                _print(f"{place}: {run.name}: {result}; {minutes:.1f} min left")
            known = rows.read()
    there = [which for which in wanted if which in known.index]
    return known.loc[there].reset_index(drop=True), failures


def _name_others(path, others):
    if len(others):
        names = [f"{recipe}, split {split}, seed {seed}" for recipe, split, seed, _ in others.index]
        shown = "; ".join(names[:TOLD] + ["..."] * (len(names) > TOLD))
        _print(f"{path}: ignores {len(names)} rows of other code, data, settings or plan: {shown}")


def _print(line):
    print(f"sweep: {line}", file=sys.stderr, flush=True)
