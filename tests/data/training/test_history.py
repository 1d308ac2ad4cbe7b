import math
from collections.abc import Callable
from pathlib import Path

import pandas as pd
import pytest

from data.errors import InputError
from data.training.history import Epoch, read_history, write_history

GARBLED = (
    "epoch,lr,train_loss,val_loss,val_accuracy,val_macro_f1,val_map,seconds,tiles_per_second,wait_seconds\n"
    "1,0.1,much,,,,,1,1,0\n"
)


@pytest.mark.parametrize("validated", [True, False])
def test_a_row_an_epoch(tmp_path: Path, make_epochs: Callable[..., list[Epoch]], validated: bool) -> None:
    write_history(tmp_path / "metrics.csv", make_epochs(validated))
    table = pd.read_csv(tmp_path / "metrics.csv")
    assert list(table.columns) == [
        *("epoch", "phase", "lr", "train_loss", "val_loss"),
        *("val_accuracy", "val_macro_f1", "val_map", "val_auc"),
        *("seconds", "tiles_per_second", "wait_seconds"),
    ]
    assert table["epoch"].tolist() == [1, 2, 3, 4, 5]
    assert table["train_loss"].tolist() == pytest.approx([3 / number for number in range(1, 6)], rel=1e-4)
    assert table["val_map"].notna().all() == validated


@pytest.mark.parametrize("validated", [True, False])
def test_what_was_written_is_read(
    tmp_path: Path, make_epochs: Callable[..., list[Epoch]], validated: bool
) -> None:
    epochs = make_epochs(validated, later_from=4)
    write_history(tmp_path / "metrics.csv", epochs)
    for found, epoch in zip(read_history(tmp_path / "metrics.csv"), epochs, strict=True):
        assert vars(found) == pytest.approx(vars(epoch), rel=1e-5, nan_ok=True)


def test_an_older_table_lacks_phases_and_areas(
    tmp_path: Path, make_epochs: Callable[..., list[Epoch]]
) -> None:
    write_history(tmp_path / "metrics.csv", make_epochs(True))
    table = pd.read_csv(tmp_path / "metrics.csv").drop(columns=["phase", "val_auc"])
    table.to_csv(tmp_path / "metrics.csv", index=False)
    epochs = read_history(tmp_path / "metrics.csv")
    assert [epoch.phase for epoch in epochs] == [1] * 5
    assert all(math.isnan(epoch.val_auc) for epoch in epochs)


@pytest.mark.parametrize(
    ("text", "found"),
    [
        (None, "no such file"),
        ("", "unreadable"),
        ("epoch,lr\n1,0.1\n", "unreadable"),
        (GARBLED, "unreadable"),
    ],
)
def test_a_table_that_cannot_be_read(tmp_path: Path, text: str | None, found: str) -> None:
    if text is not None:
        (tmp_path / "metrics.csv").write_text(text)
    with pytest.raises(InputError, match=f"metrics.csv: {found}"):
        read_history(tmp_path / "metrics.csv")
