import json
import os
import subprocess
import sys
from pathlib import Path

import numpy as np
import pytest
import torch

from models.training.distributed import ALONE, Processes, join_processes

TOGETHER = """
import json, sys
import numpy as np, torch
from torch import nn
from models.training.distributed import join_processes

with join_processes(torch.device("cpu")) as processes:
    rank, told = processes.rank, {}
    told["count"] = processes.count
    told["sum"], told["mean"] = processes.sum(rank + 1.5), processes.mean(rank + 1.5)
    told["no number"] = str(processes.sum(float("nan") if rank else 1.0))
    # 3 tiles here, 5 there: shares weigh means of a process so that their mean is that of all tiles.
    told["share"] = processes.mean(processes.share(3 + 2 * rank) * [6.0, 2.0][rank])
    part = processes.part(np.arange(7))
    told["joined"] = processes.gather(torch.tensor(part)[:, None] * 10, 7).tolist()
    told["one item"] = processes.gather(torch.tensor(processes.part(np.arange(1)))[:, None], 1).tolist()
    norm = nn.BatchNorm1d(2)
    norm.running_mean += rank + 1
    nn.init.constant_(norm.weight, rank + 7.0)
    processes.align(norm)
    told["aligned"] = norm.running_mean.tolist()
    told["weights"] = norm.weight.tolist()
    # Gradients as they lie in memory: some in channels-last order, some missing.
    network = nn.ModuleList([nn.Conv2d(2, 3, 2), nn.Linear(1, 1)]).to(memory_format=torch.channels_last)
    network[0].weight.grad = (torch.arange(24.0).view(3, 2, 2, 2) * (rank + 1)).to(
        memory_format=torch.channels_last
    )
    network[1].bias.grad = torch.full((1,), 4.0 * rank)
    processes.average_gradients(network)
    told["gradients"] = [network[0].weight.grad.flatten().tolist(), network[1].bias.grad.tolist()]
    told["none"] = network[0].bias.grad is None
    processes.wait()
    open(f"{sys.argv[1]}/{rank}.json", "w").write(json.dumps(told))
"""


def test_alone(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.delenv("WORLD_SIZE", raising=False)
    with join_processes(torch.device("cpu")) as processes:
        assert processes is ALONE
    network, items = torch.nn.Linear(2, 2), np.arange(5)
    assert (ALONE.sum(2.5), ALONE.mean(2.5), ALONE.share(7)) == (2.5, 2.5, 1.0)
    assert ALONE.part(items).tolist() == items.tolist()
    assert ALONE.gather(torch.ones(5, 2), 5).shape == (5, 2)
    ALONE.align(network)
    ALONE.wait()
    network.weight.grad = torch.ones(2, 2)
    ALONE.average_gradients(network)
    assert network.weight.grad.tolist() == [[1, 1], [1, 1]]


def test_parts_are_all_items() -> None:
    parts = [Processes(rank, 3).part(np.arange(8)).tolist() for rank in range(3)]
    assert parts == [[0, 3, 6], [1, 4, 7], [2, 5]]


@pytest.mark.slow
def test_two_processes(tmp_path: Path) -> None:
    script = tmp_path / "together.py"
    script.write_text(TOGETHER)
    command = [sys.executable, "-m", "torch.distributed.run", "--standalone", "--nproc-per-node", "2"]
    root = str(Path(__file__).parents[3])
    done = subprocess.run(
        [*command, str(script), str(tmp_path)],
        capture_output=True,
        text=True,
        check=False,
        env=os.environ | {"PYTHONPATH": root, "OMP_NUM_THREADS": "1"},
    )
    assert done.returncode == 0, done.stderr
    first, second = (json.loads((tmp_path / f"{rank}.json").read_text()) for rank in range(2))
    assert first == second
    assert first == {
        "count": 2,
        "sum": 4.0,
        "mean": 2.0,
        "no number": "nan",
        "share": pytest.approx((3 * 6 + 5 * 2) / 8),
        "joined": [[10 * number] for number in range(7)],
        "one item": [[0]],
        "aligned": [1.0, 1.0],
        "weights": [7.0, 7.0],
        "gradients": [[1.5 * number for number in range(24)], [2.0]],
        "none": True,
    }
