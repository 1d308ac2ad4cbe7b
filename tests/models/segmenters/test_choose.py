import pytest

from data.channels import CHANNELS
from data.errors import InputError
from models.segmenters.choose import load_segmenter, segmenter_names


@pytest.mark.parametrize("name", segmenter_names())
def test_every_name_gives_a_segmenter(name: str) -> None:
    segmenter = load_segmenter(name)
    assert set(segmenter.channels) <= set(CHANNELS)
    assert segmenter.identity().startswith(segmenter.name)
    assert name in ("auto", segmenter.name)


def test_an_unknown_name_lists_what_there_is() -> None:
    with pytest.raises(InputError, match="no segmenter 'otsu'; expected auto or classical"):
        load_segmenter("otsu")
