import numpy as np

from data.export.ngff.metadata import describe_channels, describe_labels, describe_multiscale


def transforms(multiscale: dict, level: int) -> list:
    return multiscale["datasets"][level]["coordinateTransformations"]


def test_levels_in_micrometres() -> None:
    multiscale = describe_multiscale("A1", "cyx", 3, 0.5)
    assert [axis["name"] for axis in multiscale["axes"]] == ["c", "y", "x"]
    assert multiscale["axes"][1] == {"name": "y", "type": "space", "unit": "micrometer"}
    assert "unit" not in multiscale["axes"][0]
    assert [dataset["path"] for dataset in multiscale["datasets"]] == ["0", "1", "2"]
    assert transforms(multiscale, 0) == [
        {"type": "scale", "scale": [1, 0.5, 0.5]},
        {"type": "translation", "translation": [0, 0, 0]},
    ]
    assert transforms(multiscale, 2) == [
        {"type": "scale", "scale": [1, 2, 2]},
        {"type": "translation", "translation": [0, 0.75, 0.75]},
    ]


def test_lengths_are_px_where_the_pixel_size_is_not_known() -> None:
    multiscale = describe_multiscale("cells", "yx", 2, float("nan"))
    assert multiscale["axes"] == [{"name": "y", "type": "space"}, {"name": "x", "type": "space"}]
    assert transforms(multiscale, 1)[1] == {"type": "translation", "translation": [0.5, 0.5]}


def test_channels_have_names_colours_and_windows() -> None:
    image = np.zeros((2, 100, 100), np.uint16)
    image[0] = np.linspace(0, 60_000, 10_000).reshape(100, 100)
    described = describe_channels(["red", "yellow"], image)["channels"]
    assert [(channel["label"], channel["color"]) for channel in described] == [
        ("microtubules", "FF0000"),
        ("ER", "FFFF00"),
    ]
    first, empty = (channel["window"] for channel in described)
    assert (first["min"], first["max"]) == (0, 65_535)
    assert 58_000 < first["end"] <= 60_000
    # Not the noise of a channel that shows nothing.
    assert (empty["start"], empty["end"]) == (0, 65_535 / 16)


def test_labels_without_any() -> None:
    assert describe_labels([], [], []) == {"source": {"image": "../../"}}
    described = describe_labels([3], [[1, 2, 3]], [{"class": "a"}])
    assert described["colors"] == [{"label-value": 3, "rgba": [1, 2, 3, 255]}]
    assert described["properties"] == [{"label-value": 3, "class": "a"}]
