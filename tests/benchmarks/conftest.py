import sys
from pathlib import Path

# The benchmarks are run from the top folder and not installed; `python -m pytest` has it on the path already.
sys.path.append(str(Path(__file__).parents[2]))
