from copy import deepcopy

from data.own_masks.notes import Notes


def test_each_thing_is_told_once_with_a_count_and_an_example() -> None:
    notes, others = Notes(), Notes()
    notes.add("scaled", "b.png")
    others.add("scaled", "a.png")
    others.add("empty", "c.png")
    notes.take(others)
    assert notes.lines() == ["empty: c.png", "scaled: 2 masks, such as a.png"]


def test_doubts_are_told_of_fields_apart_from_what_happened() -> None:
    notes, others = Notes(), Notes()
    notes.doubt("masks are upside down", "B1 (so)")
    others.doubt("masks are upside down", "A1 (so)")
    others.doubt("masks are empty", "C1")
    # As notes come back from another process.
    notes.take(deepcopy(others))
    assert notes.lines() == []
    assert notes.doubts() == [
        "of 1 field, such as C1, masks are empty",
        "of 2 fields, such as A1 (so), masks are upside down",
    ]
