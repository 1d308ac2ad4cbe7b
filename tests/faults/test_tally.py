"""The figures of faults, which are kept so that a long run can go on."""

from pathlib import Path

import pytest

from tests.factories.whole_job.tally import RESULTS, begin_tally, is_done


def test_what_was_counted_is_not_counted_again(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv(RESULTS, str(tmp_path / "faults.jsonl"))
    assert not is_done("killed", "crops")
    tally = begin_tally("killed", "crops")
    tally.add("1", list)
    tally.add("2", lambda: ["segment"])
    tally.close()
    assert (tally.right, tally.mended) == (1, 1)
    assert is_done("killed", "crops")
    assert not is_done("killed", "train")
    with pytest.raises(pytest.skip.Exception, match="done before"):
        begin_tally("killed", "crops")


def test_without_a_file_of_figures_all_is_counted(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.delenv(RESULTS, raising=False)
    for _ in range(2):
        begin_tally("killed", "crops").close()
