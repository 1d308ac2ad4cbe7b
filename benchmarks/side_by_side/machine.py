"""The machine on which a benchmark runs, in one line."""

import os
import platform
import shlex
import sys
from datetime import UTC, datetime
from pathlib import Path

import torch

from data.cores import available_cores


def describe_machine() -> str:
    """Name processor, cores, graphics card, date and how busy the machine was before the start."""
    cpuinfo = Path("/proc/cpuinfo")
    lines = cpuinfo.read_text().splitlines() if cpuinfo.is_file() else []
    names = [line.partition(":")[2].strip() for line in lines if line.startswith("model name")]
    parts = [names[0] if names else platform.processor() or platform.machine(), f"{available_cores()} cores"]
    if torch.cuda.is_available():
        parts.append(torch.cuda.get_device_name())
    today = datetime.now(tz=UTC).date().isoformat()
    return f"{', '.join(parts)}; {today}; load before the start {os.getloadavg()[0]:.1f}"


def describe_run(module: str) -> list[str]:
    """Return, as lines of Markdown, the command by which a module was run, the machine and PyTorch."""
    command = shlex.join(["python", "-m", module, *sys.argv[1:]])
    machine = f"{describe_machine()}; torch {torch.__version__}, {torch.get_num_threads()} threads"
    return [f"`{command}`", "", machine]
