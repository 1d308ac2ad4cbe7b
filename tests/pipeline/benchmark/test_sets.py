from collections import Counter

import pytest

from data.errors import InputError
from data.labels.label_file import NUM_CLASSES
from data.simulate.antibodies import field_classes, make_antibody
from pipeline.benchmark.sets import PARTS, part_config, set_names, simulate_set
from pipeline.engines.local import LocalEngine
from stages.simulate.settings import SimulateSettings


def settings(name: str, part: str) -> SimulateSettings:
    return part_config(name, part).settings("simulate", SimulateSettings)


def test_shipped_sets_are_complete_and_no_two_parts_share_a_seed():
    assert set_names() == ("tiny", "small", "full")
    shipped = {(name, part): settings(name, part) for name in set_names() for part in PARTS}
    assert len({part.seed for part in shipped.values()}) == len(shipped)
    assert {part.fields_per_antibody for part in shipped.values()} == {2}
    for name in set_names():
        assert shipped[name, "train"].wrong_labels == shipped[name, "validation"].wrong_labels == 0.05
        assert shipped[name, "test"].wrong_labels == 0
        train = set(shipped[name, "train"].cell_lines)
        for part in ("validation", "test"):
            lines = set(shipped[name, part].cell_lines)
            assert lines & train
            assert lines - train


@pytest.mark.parametrize("name", ["small", "full"])
@pytest.mark.parametrize("part", PARTS)
def test_every_class_is_in_several_fields_of_every_part(name, part):
    described = settings(name, part)
    common = described.field_settings(0)
    fields = Counter()
    for index in range(0, described.fields, 2):
        antibody = make_antibody(index // 2, common)
        fields.update(field_classes(antibody, index, common) + field_classes(antibody, index + 1, common))
    assert set(fields) == set(range(NUM_CLASSES))
    assert min(fields.values()) >= 4


def test_settings_of_a_part_come_before_those_of_its_set(little):
    assert settings("one", "train").seed == 4
    assert settings("one", "validation").seed == 3
    assert settings("one", "test").size == 130
    assert settings("one", "train").cell_lines == ("small",)


def test_names_that_do_not_exist_list_those_that_do(little):
    with pytest.raises(InputError, match="no set huge; expected one of one"):
        part_config("huge", "train")
    with pytest.raises(InputError, match="no part tests; expected one of train, validation, test"):
        part_config("one", "tests")


def test_parts_are_simulated_once_and_told_of(little, tmp_path):
    engine = LocalEngine(workers=1)
    ((train, line),) = simulate_set(tmp_path, "one", "train", engine)
    assert line.startswith("one/train: 2 fields, ")
    assert line.endswith(" fields/s")
    assert not (tmp_path / "test").exists()
    told = simulate_set(tmp_path, "one", None, engine)
    assert told[0][0] == train
    for part in PARTS:
        assert (tmp_path / part / "truth.csv").is_file()
    assert len(list(tmp_path.rglob("*_red.png"))) == 4


def test_the_number_of_workers_changes_nothing(little, tmp_path):
    one = simulate_set(tmp_path / "one", "one", "train", LocalEngine(workers=1))[0][0]
    two = simulate_set(tmp_path / "two", "one", "train", LocalEngine(workers=2))[0][0]
    assert one.details["fields"] == two.details["fields"]
    names = sorted(path.relative_to(tmp_path / "one") for path in (tmp_path / "one").rglob("*.[pc][ns][gv]"))
    assert len(names) == 2 * 6 + 2
    for name in names:
        assert (tmp_path / "one" / name).read_bytes() == (tmp_path / "two" / name).read_bytes()
