import pytest
from pydantic import ValidationError

from stages.segment.settings import SegmentSettings


@pytest.mark.parametrize("pixel_size_um", [0.004, 5.5, -1])
def test_pixel_sizes_that_no_segmenter_takes_are_refused(pixel_size_um: float) -> None:
    with pytest.raises(ValidationError, match="pixel_size_um"):
        SegmentSettings(pixel_size_um=pixel_size_um)
