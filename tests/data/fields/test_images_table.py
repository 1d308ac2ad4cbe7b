from pathlib import Path

import pandas as pd
import pytest

from data.fields.images_table import COLUMN_TYPES, read_images, write_image_parts


@pytest.mark.parametrize("step", [1, 3, 100])
@pytest.mark.parametrize("count", [0, 7])
def test_parts_make_the_file_that_the_table_makes(count: int, step: int, tmp_path: Path) -> None:
    sizes = {"image_height": 20, "image_width": range(count), "cells": 1, "pixel_size_um": 0.08}
    ids = pd.Series([f"é{number}" for number in range(count)], dtype="str")
    table = pd.DataFrame({"image_id": ids, **sizes}).astype(COLUMN_TYPES)
    whole, path = tmp_path / "whole.parquet", tmp_path / "parts.parquet"
    table.to_parquet(whole, index=False)
    write_image_parts(path, (table.iloc[start : start + step] for start in range(0, count, step)))
    assert path.read_bytes() == whole.read_bytes()
    pd.testing.assert_frame_equal(read_images(path), table)
