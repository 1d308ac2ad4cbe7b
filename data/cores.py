"""Processor cores that this process may use."""

import os
import sys


def available_cores() -> int:
    """Count them; a process that was bound to some has fewer than the machine."""
    if sys.platform == "linux":
        return len(os.sched_getaffinity(0))
    return os.cpu_count() or 1
