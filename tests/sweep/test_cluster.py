"""A sweep on a Ray cluster of two machines, which are processes of this one."""

import subprocess
import sys

import pandas as pd
import pytest
from ray.cluster_utils import Cluster

from digits.errors import UserError
from digits.sweep.cluster import run_on_cluster
from tests.sweep.small import SWEEP, make, rows

MEMORY = 100_000_000  # bytes, of the store of each node
DEADLINE = 600  # seconds


@pytest.fixture(scope="module")
def cluster():
    """Start two nodes of one processor each; return the cluster and the second node."""
    cluster = Cluster(
        initialize_head=True,
        head_node_args={
            "num_cpus": 1, "object_store_memory": MEMORY, "include_dashboard": False,
        },
    )  # fmt: skip
    try:
        yield cluster, cluster.add_node(num_cpus=1, object_store_memory=MEMORY)
    finally:
        cluster.shutdown()


@pytest.mark.slow
def test_lost_machine(swept, tmp_path, cluster):
    """If a machine is lost during a sweep, the rows are those of a sweep on one, to the bit."""
    both, second = cluster
    project = make(tmp_path / "clone")
    process = subprocess.Popen(
        [*SWEEP, "--address", both.address], cwd=project.folder, env=project.environment(),
        stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True,
    )  # fmt: skip
    for line in process.stderr:
        if line.startswith("sweep: 1 of 4: "):
            break
    again = project.run(*SWEEP, fails=True)
    assert "sweep: sweep.csv: another sweep writes to it" in again
    both.remove_node(second, allow_graceful=False)
    printed, errors = process.communicate(timeout=DEADLINE)
    assert process.returncode == 0, errors
    assert printed.startswith("Holdout images: 100; splits: 1; seeds: 2.\n")
    pd.testing.assert_frame_equal(rows(project), rows(swept[0]))


@pytest.mark.slow
def test_too_few_processors_or_gpus(tmp_path, cluster):
    """More CPUs or GPUs than any machine has are an error; Ray would wait for ever."""
    project = make(tmp_path / "clone")
    address = {"RAY_ADDRESS": cluster[0].address}  # instead of --address
    printed = project.run(*SWEEP, "--gpus", "1", fails=True, variables=address)
    assert "a training needs 1 GPUs (--gpus), but no machine of the cluster has more" in printed
    project.change(train={"threads": 2})
    printed += project.run(*SWEEP, fails=True, variables=address)
    assert "a training needs 2 CPUs (train.threads), but no machine of the cluster has" in printed
    assert "Traceback" not in printed


def test_no_cluster():
    """An address without a cluster is named in one line."""
    with pytest.raises(UserError, match="no Ray cluster at 127.0.0.1:1.*") as caught:
        next(run_on_cluster({}, address="127.0.0.1:1"))
    assert "\n" not in str(caught.value)


def test_without_ray(monkeypatch):
    """Without Ray, one line says how to install it."""
    monkeypatch.setitem(sys.modules, "ray", None)
    with pytest.raises(UserError, match="make cluster"):
        next(run_on_cluster({}, address="auto"))
