"""The most memory that this process has held since a moment."""

import contextlib
import re
import resource
import sys
from pathlib import Path

_RESET = Path("/proc/self/clear_refs")
_STATUS = Path("/proc/self/status")
_FORGET_PEAK = "5"


def forget_peak() -> None:
    """Begin to look for the peak again; only Linux can, elsewhere it remains that of the whole process."""
    with contextlib.suppress(OSError):
        _RESET.write_text(_FORGET_PEAK)


def read_peak() -> int:
    """Read the peak of resident memory in bytes since `forget_peak`, or of the whole process."""
    with contextlib.suppress(OSError):
        found = re.search(r"^VmHWM:\s*(\d+) kB", _STATUS.read_text(), re.MULTILINE)
        if found:
            return int(found.group(1)) * 1024
    most = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss
    return most if sys.platform == "darwin" else most * 1024
