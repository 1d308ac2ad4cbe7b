import importlib.metadata
import platform
import subprocess
import sys

import cv2
import pytest

from data.software import versions


def test_what_is_recorded() -> None:
    found = versions.software_versions()
    assert found["python"] == platform.python_version()
    assert found["hpacells"] == importlib.metadata.version("hpacells")
    # Not what a package's metadata claims: another package may have put its cv2 in its place.
    assert found["opencv"] == cv2.__version__
    for library in ("numpy", "scipy", "scikit-image", "albumentations", "tifffile", "imagecodecs", "torch"):
        assert found[library] == importlib.metadata.version(library)


def test_what_is_not_installed_is_left_out(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(versions, "LIBRARIES", ("numpy", "a-package-that-nobody-made"))
    assert set(versions.library_versions()) == {"opencv", "numpy"}


def test_commands_that_need_no_pixels_do_not_wait_for_opencv() -> None:
    script = "import sys, data.software.versions; print('cv2' in sys.modules)"
    done = subprocess.run([sys.executable, "-c", script], capture_output=True, text=True, check=True)
    assert done.stdout == "False\n"
