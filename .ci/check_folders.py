"""Check that no folder has over 12 unlike files, and no file over 300 lines; `make lint` runs it."""

import subprocess
import sys
from collections import Counter
from pathlib import Path

MAX_FILES = 12
MAX_LINES = 300
FAMILIES = {
    "benchmarks": "one file per benchmark",
    "pipeline/commands": "one file per command",
    "pipeline/steps": "one file per step",
    "data/plots": "one file per picture",
    "tests/end_to_end": "one file per story of a user",
}
"""Folders whose files are alike, and in what."""

ROOT = Path(__file__).parent.parent


def main() -> int:
    """Print what is too large, one line each, and return the exit status."""
    listed = ["git", "-C", str(ROOT), "ls-files", "--cached", "--others", "--exclude-standard", "*.py"]
    names = subprocess.run(listed, capture_output=True, text=True, check=True).stdout.split()
    files = [Path(name) for name in names if Path(name).name != "__init__.py"]
    problems = []
    for folder, count in sorted(Counter(str(file.parent) for file in files).items()):
        if count > MAX_FILES and folder not in FAMILIES:
            problems.append(
                f"{folder}: {count} files; expected {MAX_FILES} at most: give some a room of their own"
            )
    for file in files:
        path = ROOT / file
        try:
            with path.open(encoding="utf-8") as lines:
                count = sum(1 for _ in lines)
        except FileNotFoundError:
            # Removed, but not yet in a commit.
            continue
        if count > MAX_LINES:
            problems.append(f"{file}: {count} lines; expected {MAX_LINES} at most: divide it")
    sys.stdout.writelines(f"{problem}\n" for problem in problems)
    return 1 if problems else 0


if __name__ == "__main__":
    sys.exit(main())
