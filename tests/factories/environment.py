"""Python environments of their own, for packages that hpacells does not need."""

import subprocess
import sys
import sysconfig
import venv
from pathlib import Path


def make_environment(folder: Path, *packages: str, timeout: float) -> tuple[Path, str]:
    """Make an environment with some packages, by the pip of the tests.

    What these packages need is that of the tests where its version fits, and is installed anew where it does
    not; most of what they need is large, and is there.

    Parameters
    ----------
    folder
        Where it is made.
    packages
        What ``pip install`` is told, its options too.
    timeout
        Seconds that installing may take.

    Returns
    -------
    Path, str
        Its Python; what pip said where it failed, else nothing.
    """
    venv.create(folder, symlinks=True, with_pip=False)
    own = sysconfig.get_path("purelib", "venv", {"base": str(folder)})
    # Read after its own folder, so that what is installed there comes first.
    (Path(own) / "rest.pth").write_text(sysconfig.get_path("purelib") + "\n")
    python = folder / "bin/python"
    pip = [sys.executable, "-m", "pip", "--python", str(python), "install", "--quiet"]
    # Python compiles what is imported, which is a small part of what is installed.
    pip += ["--disable-pip-version-check", "--no-compile", *packages]
    done = subprocess.run(pip, capture_output=True, text=True, timeout=timeout)
    return python, (done.stderr.strip() or "pip failed") if done.returncode else ""
