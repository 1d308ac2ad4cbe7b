"""What the commands import before they know what to do: nothing that takes long."""

import subprocess
import sys

import pytest

_SLOW = ("cv2", "numpy", "pandas", "scipy", "torch")


@pytest.mark.parametrize(
    "arguments", [["--help"], ["--version"], ["combine", "--help"], ["segment", "--help"]]
)
def test_help_imports_no_numerical_library(arguments: list[str]) -> None:
    script = (
        "import sys\nfrom pipeline.cli import main\n"
        "try:\n    main()\nexcept SystemExit:\n    pass\n"
        f"print('imported:', *sorted(set({_SLOW}) & set(sys.modules)))"
    )
    done = subprocess.run([sys.executable, "-c", script, *arguments], capture_output=True, text=True)
    assert done.returncode == 0, done.stderr
    assert done.stdout.splitlines()[-1] == "imported:"
