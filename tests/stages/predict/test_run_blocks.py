from pathlib import Path

import numpy as np
import pandas as pd
import pytest

from data.predictions.prediction_blocks import BlocksOnDisk
from data.predictions.predictions_table import read_predictions
from models.runtimes.openvino_library import has_openvino
from stages.predict import run as predict
from stages.predict.paths import PredictInputs, PredictOutputs
from tests.stages.predict.conftest import COLUMNS, EXACT, compute, run


def test_an_interrupted_run_goes_on_and_gives_the_same(
    folder, model: Path, steps, monkeypatch: pytest.MonkeyPatch
) -> None:
    settings = EXACT.model_copy(update={"embedding": True, "embedding_type": "float16"})
    expected = run(folder, model, settings, steps())
    monkeypatch.setattr("data.predictions.prediction_blocks.BLOCK_CELLS", 4)

    # After the second block the process ends, in whatever way.
    original, written = BlocksOnDisk.close, []

    def close(self: BlocksOnDisk, part: int) -> None:
        original(self, part)
        written.append(part)
        if len(written) == 2:
            raise KeyboardInterrupt

    with monkeypatch.context() as patched:
        patched.setattr(BlocksOnDisk, "close", close)
        with pytest.raises(KeyboardInterrupt):
            run(folder, model, settings, steps())
    context = steps()
    again = run(folder, model, settings, context)
    pd.testing.assert_frame_equal(again, expected, check_exact=True)
    assert context.done == context.total == 14
    assert not [*folder.tiles.parent.glob(".*blocks")]


def test_embeddings_of_float16_are_those_of_float32_rounded(folder, model: Path, steps) -> None:
    tables = [
        run(folder, model, EXACT.model_copy(update={"embedding": True, "embedding_type": kind}), steps())
        for kind in ("float32", "float16")
    ]
    exact, rounded = (np.stack(table["embedding"].tolist()) for table in tables)
    np.testing.assert_array_equal(rounded, exact.astype(np.float16).astype(np.float32))
    assert (rounded != exact).any()


@pytest.mark.skipif(not has_openvino(), reason="the extra openvino is not installed")
def test_int8_is_calibrated_on_the_cells_themselves(folder, model: Path, steps) -> None:
    output = folder.tiles.parent / "predictions.parquet"
    settings = EXACT.model_copy(update={"runtime": "openvino-int8"})
    report = predict.run(
        PredictInputs(folder.tiles, folder.cells, [model]), PredictOutputs(output), settings, steps()
    )
    assert report.details["runtimes"] == ["openvino int8 calibrated on 14 tiles"]
    np.testing.assert_allclose(read_predictions(output)[COLUMNS], compute(folder, model), atol=0.1)
