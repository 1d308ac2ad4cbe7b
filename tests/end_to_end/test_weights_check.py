"""What a user sees of how runtimes differ on own cells."""

from collections.abc import Callable
from pathlib import Path

from tests.factories.command_line import run_here
from tests.factories.simulated_set import simulate_into


def test_runtimes_beside_each_other(hpacells: Callable, tmp_path: Path) -> None:
    simulate_into(tmp_path, fields=3, size=400, seed=3)
    command = ("weights", "check", "simhpa19", "--images", tmp_path, "--segmenter", "classical")
    lines = hpacells(*command, "--fields", 2, "--runtime", "torch").stdout.splitlines()
    assert lines[0].split()[:4] == ["runtime", "cells/s", "speed", "cosine"]
    assert lines[1].split()[2:] == ["1.00", "1.0000", "1.0000", "100.0%", "0.0000"]
    told = run_here(*command, "--runtime", "fast", status=2)
    assert "no runtime 'fast'" in told
    assert told.count("\n") == 1
