import pytest

from data.software.differences import Difference, find_differences, name_differences
from data.software.versions import library_versions

INSTALLED = {
    "opencv": "5.0.0",
    "albumentations": "2.0.8",
    "albucore": "0.0.24",
    "numpy": "2.4.6",
    "scipy": "1.17.1",
    "scikit-image": "0.26.0",
    "tifffile": "2026.3.3",
    "imagecodecs": "2026.3.6",
    "torch": "2.13.0+cpu",
    "timm": "1.0.31",
}


def differing(**recorded: str) -> list[str]:
    record = INSTALLED | {name.replace("_", "-"): version for name, version in recorded.items()}
    return [difference.library for difference in find_differences(record, INSTALLED)]


def test_this_python_does_not_differ_from_itself() -> None:
    assert find_differences(library_versions()) == ()


@pytest.mark.parametrize("version", ["4.14.0", "4.12.0", "5.1.0", "3.4.18", "6.0.0"])
def test_another_opencv_counts(version: str) -> None:
    assert differing(opencv=version) == ["opencv"]


@pytest.mark.parametrize(
    ("library", "version"),
    [
        ("opencv", "5.0.1"),
        ("numpy", "2.0.2"),
        ("scipy", "1.13.1"),
        ("scikit_image", "0.24.0"),
        ("tifffile", "2024.5.22"),
        ("imagecodecs", "2024.6.1"),
        ("torch", "2.7.1"),
        ("timm", "1.0.12"),
    ],
)
def test_releases_that_change_no_pixel_do_not_count(library: str, version: str) -> None:
    assert differing(**{library: version}) == []


@pytest.mark.parametrize(
    ("library", "version"),
    [
        ("numpy", "3.0.0"),
        ("scipy", "2.0.0"),
        ("scikit_image", "2.0.0"),
        ("albumentations", "2.1.0"),
        ("albucore", "0.0.25"),
        ("torch", "3.0"),
        ("timm", "2.0.1"),
    ],
)
def test_larger_steps_count(library: str, version: str) -> None:
    assert differing(**{library: version}) == [library.replace("_", "-")]


def test_every_release_of_some_counts() -> None:
    assert find_differences({"torch": "2.13.1"}, INSTALLED) == ()
    [difference] = find_differences({"torch": "2.13.1"}, INSTALLED, exact=("torch",))
    assert difference == Difference("torch", "2.13.1", "2.13.0+cpu")
    assert find_differences({"torch": "2.13.0+cpu"}, INSTALLED, exact=("torch",)) == ()


def test_what_one_of_the_two_does_not_name_is_not_compared() -> None:
    assert find_differences({}, INSTALLED) == ()
    assert find_differences({"openvino": "2024.5", "python": "3.9.0"}, INSTALLED) == ()
    assert find_differences(INSTALLED, {"numpy": "2.4.6"}) == ()


def test_records_of_an_earlier_version() -> None:
    assert find_differences({"opencv-python-headless": "5.0.0.93"}, INSTALLED) == ()
    [difference] = find_differences({"opencv-python-headless": "4.14.0.94"}, INSTALLED)
    assert (difference.library, difference.recorded) == ("opencv", "4.14.0.94")


def test_how_they_are_named() -> None:
    assert name_differences([]) == ""
    found = find_differences({"torch": "1.13.1", "opencv": "4.14.0"}, INSTALLED)
    assert (
        name_differences(found)
        == "OpenCV 4.14.0 (5.0.0 is installed) and torch 1.13.1 (2.13.0+cpu is installed)"
    )
