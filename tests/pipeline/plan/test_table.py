"""A plan as text and as JSON: every number that is shown is one of the plan's."""

import json

import pytest

from data.fields.field import Field
from pipeline.plan.faster_settings import FasterSetting
from pipeline.plan.forecast import Forecast, count_units, make_forecast, measure_whole
from pipeline.plan.limit import Alternative
from pipeline.plan.plan import Plan
from pipeline.plan.sampled_fields import SizedField
from pipeline.plan.table import as_dict, format_bytes, format_plan
from tests.factories.plan.measured_runs import PIXELS, measured

FIELDS = [SizedField(Field(f"f{row}", {}), PIXELS) for row in range(200)]
SIZES = {field.field.image_id: field.pixels for field in FIELDS}
LITE = FasterSetting("segment", "--set segment.segmenter=lite", "another network")


def forecast(slower_first: float = 1.0) -> Forecast:
    few, large = measured(4), measured(24)
    units = [count_units(run, SIZES, 500) for run in (few, large)]
    whole = measure_whole(large, FIELDS, SIZES, 500)
    return make_forecast(measured(4, slower=slower_first), [few, few], large, units, whole, 0.0)


def plan(load: float = 0.1, limit: float | None = None, slower_first: float = 1.0) -> Plan:
    made = forecast(slower_first)
    found = [Alternative(LITE, made, "measured")] if limit else []
    return Plan(
        made,
        FIELDS,
        24,
        (12.0, 13.0),
        60.0,
        [],
        "lite 1",
        ("simhpa19",),
        (load, 2),
        limit,
        found,
        [LITE],
        made,
    )


def test_a_line_per_stage_with_its_parts() -> None:
    lines = format_plan(plan()).splitlines()
    assert lines[0] == "200 fields of 1 megapixels, about 2000 cells"
    assert lines[1:3] == ["segmenter: lite 1", "classifier: simhpa19"]
    (segment,) = (line for line in lines if line.startswith("segment "))
    assert segment.startswith("segment       1 min 42 s       2.0 s   500 ms per megapixel")
    (total,) = (line for line in lines if line.startswith("total "))
    assert "3 min 52 s" in total


def test_how_sure_it_is() -> None:
    text = format_plan(plan())
    made = forecast()
    assert f"within {2 * made.whole.cells_deviation:.0%}" in text
    assert "24 of 200 fields; for the same few, a run took 12 s, 13 s." in text
    assert "busy (load" not in text
    assert "The first run took longer" not in text
    assert "Other programs kept the computer busy (load 9.0 on 2 cores)" in format_plan(plan(load=9))
    assert "The first run took longer (start-up 6.0 s, segment 8.0 s" in format_plan(plan(slower_first=3))


def test_a_limit_that_is_kept_needs_no_setting() -> None:
    text = format_plan(plan(limit=3600))
    assert text.endswith("The limit of 1 h is kept.")


def test_a_limit_that_is_not_kept_names_settings_and_fields() -> None:
    text = format_plan(plan(limit=60))
    assert "The limit of 1 min is not kept." in text
    assert "--set segment.segmenter=lite     3 min 52 s  no        another network" in text
    assert "Together --set segment.segmenter=lite: 3 min 52 s (" in text
    assert text.splitlines()[-1].startswith("With the settings as they are, about ")


def test_json_has_all_of_it() -> None:
    made = plan(limit=60)
    found = json.loads(json.dumps(as_dict(made)))
    assert found["seconds"] == pytest.approx(made.forecast.seconds)
    assert [stage["stage"] for stage in found["stages"]][:2] == ["start-up", "segment"]
    assert found["stages"][1]["fixed_seconds"] == pytest.approx(2)
    assert found["load_before"] == 0.1
    assert found["limit"]["kept"] == "no"
    assert found["limit"]["alternatives"][0]["option"] == LITE.option
    assert found["limit"]["together"]["options"] == [LITE.option]
    assert "limit" not in as_dict(plan())


@pytest.mark.parametrize(
    ("count", "text"),
    [(0, "0 kB"), (740_000, "740 kB"), (999_600, "1 MB"), (1_234_000_000, "1.23 GB"), (5e12, "5 TB")],
)
def test_bytes(count: float, text: str) -> None:
    assert format_bytes(count) == text
