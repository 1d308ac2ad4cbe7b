import logging

import pytest

from data.channels import CHANNELS
from data.errors import InputError
from stages.train.cells.tile_channels import leave_out_absent
from stages.train.settings import TrainSettings


def settings(*channels: str, optional: tuple[str, ...] = ()) -> TrainSettings:
    return TrainSettings.model_validate({"tiles": {"channels": channels}, "optional_channels": optional})


def test_channels_that_the_tiles_lack_are_left_out_and_told(caplog: pytest.LogCaptureFixture) -> None:
    left = leave_out_absent(settings(*CHANNELS, optional=("red", "yellow")), ("red", "green", "blue"))
    assert left.tiles.channels == ("red", "green", "blue")
    assert left.optional_channels == ("red",)
    assert "no yellow (ER) channel: the classifier is trained with red, green, blue" in caplog.text


def test_settings_that_fit_stay_the_same(caplog: pytest.LogCaptureFixture) -> None:
    caplog.set_level(logging.INFO)
    given = settings("green", "blue", "cell_mask")
    assert leave_out_absent(given, ("green", "blue")) is given
    assert not caplog.messages


@pytest.mark.parametrize(
    "given", [settings("red", "cell_mask"), settings("red", "green", "blue", optional=("green", "blue"))]
)
def test_no_stain_is_left_that_is_always_there(given: TrainSettings) -> None:
    with pytest.raises(InputError, match=r"train\.tiles\.channels = red.*tiles without red \(microtubules\)"):
        leave_out_absent(given, ("green", "blue"))
