import pytest

from data.provenance.record import StageRecord


@pytest.mark.parametrize(
    ("finished", "seconds", "started"),
    [
        ("2026-11-28T18:38:37+00:00", 97.0, "2026-11-28T18:37:00+00:00"),
        ("2026-11-28T00:00:01+00:00", 1.6, "2026-11-27T23:59:59+00:00"),
        ("yesterday", 3.0, ""),
        ("2026-11-28T18:38:37+00:00", 1e300, ""),
    ],
)
def test_a_stage_began_its_seconds_before_its_end(finished: str, seconds: float, started: str) -> None:
    assert StageRecord("segment", finished, seconds, {}, {}).started == started
