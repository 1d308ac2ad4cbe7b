from collections.abc import Callable

import cv2
import pytest

from data.software import opencv

Install = Callable[..., None]


@pytest.fixture
def install(monkeypatch: pytest.MonkeyPatch) -> Install:
    """Have another cv2 imported, and other packages of OpenCV installed."""

    def install(version: str, **packages: str) -> None:
        known = {name.replace("_", "-"): number for name, number in packages.items()}
        monkeypatch.setattr(cv2, "__version__", version)
        monkeypatch.setattr(opencv, "find_version", known.get)
        opencv.check_opencv.cache_clear()

    return install


@pytest.fixture(autouse=True)
def check_again() -> object:
    yield
    opencv.check_opencv.cache_clear()


@pytest.mark.parametrize("version", ["5.0.0", "5.1.2"])
def test_the_one_that_is_asked_for(install: Install, version: str, caplog: pytest.LogCaptureFixture) -> None:
    install(version, opencv_python_headless=version)
    opencv.check_opencv()
    assert caplog.messages == []
    assert opencv.describe_opencv().startswith(f"{version} at ")
    assert "(" not in opencv.describe_opencv()


@pytest.mark.parametrize("other", ["opencv_python", "opencv_contrib_python"])
def test_another_package_put_opencv_4_in_its_place(
    install: Install, other: str, caplog: pytest.LogCaptureFixture
) -> None:
    install("4.14.0", opencv_python_headless="5.0.0.93", **{other: "4.14.0.94"})
    opencv.check_opencv()
    opencv.check_opencv()
    [message] = caplog.messages
    package = other.replace("_", "-")
    assert message.startswith(f"OpenCV 4.14.0 is imported: {package} put it in place of")
    assert f"run `pip uninstall -y {package}` and `pip install --force-reinstall" in message
    assert package in opencv.describe_opencv()


def test_an_older_one_alone(install: Install, caplog: pytest.LogCaptureFixture) -> None:
    install("4.12.0", opencv_python_headless="4.12.0.88")
    opencv.check_opencv()
    [message] = caplog.messages
    assert "uninstall" not in message
    assert "'opencv-python-headless>=5,<6'" in message


def test_one_beside_it_that_is_not_used(install: Install, caplog: pytest.LogCaptureFixture) -> None:
    install("5.0.0", opencv_python_headless="5.0.0.93", opencv_python="4.14.0.94")
    opencv.check_opencv()
    assert caplog.messages == []
    assert "beside it opencv-python 4.14.0.94" in opencv.describe_opencv()
