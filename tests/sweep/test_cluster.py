"""A sweep on a Ray cluster of two machines, which are processes of this one."""

import subprocess
import sys

import pandas as pd
import pytest
from ray.cluster_utils import Cluster

from digits.errors import UserError
from digits.sweep.cluster import on_cluster
from tests.sweep.small import SWEEP, make, rows

MEMORY = 100_000_000  # bytes, of the store of each node
DEADLINE = 600  # seconds


@pytest.fixture
def cluster():
    """Start two nodes of one processor each; give the cluster and the second one."""
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


def test_machine_lost_on_the_way(swept, tmp_path, cluster):
    """With a machine lost in the middle, the rows are those of a sweep on one, to the bit."""
    both, second = cluster
    project = make(tmp_path / "clone")
    process = subprocess.Popen(
        [*SWEEP, "--address", both.address], cwd=project.folder, env=project.environment(),
        stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True,
    )  # fmt: skip
    for line in process.stderr:
        if line.startswith("sweep: 3 of 12: "):
            break
    again = project.run(*SWEEP, fails=True)
    assert "sweep: sweep.csv: another sweep writes to it" in again
    both.remove_node(second, allow_graceful=False)
    printed, errors = process.communicate(timeout=DEADLINE)
    assert process.returncode == 0, errors
    assert printed.startswith("Images held out: 100; splits: 2; seeds: 2.\n")
    pd.testing.assert_frame_equal(rows(project), rows(swept[0]))


def test_what_no_machine_can_take(tmp_path, cluster):
    """More processors or GPUs than any machine has are refused, where Ray would wait for ever."""
    project = make(tmp_path / "clone")
    address = {"RAY_ADDRESS": cluster[0].address}  # in place of --address
    printed = project.run(*SWEEP, "--gpus", "1", fails=True, variables=address)
    assert "a training takes 1 GPUs (--gpus), and no machine of the cluster has more" in printed
    project.change(train={"threads": 2})
    printed = project.run(*SWEEP, fails=True, variables=address)
    assert "a training takes 2 CPUs (train.threads), and no machine of the cluster has" in printed
    printed += project.run(*SWEEP, "--address", "127.0.0.1:1", fails=True)
    assert "sweep: no Ray cluster at 127.0.0.1:1, which ray start makes: " in printed
    assert "Traceback" not in printed


def test_without_ray(monkeypatch):
    """Where Ray is not installed, one line says how to."""
    monkeypatch.setitem(sys.modules, "ray", None)
    with pytest.raises(UserError, match="Ray is not installed; make cluster installs it"):
        next(on_cluster({}, address="auto"))
