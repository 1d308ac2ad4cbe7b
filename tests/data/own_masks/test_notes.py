from data.own_masks.notes import Notes


def test_each_thing_is_told_once_with_a_count_and_an_example() -> None:
    notes, others = Notes(), Notes()
    notes.add("scaled", "b.png")
    others.add("scaled", "a.png")
    others.add("empty", "c.png")
    notes.take(others)
    assert notes.lines() == ["empty: c.png", "scaled: 2 masks, such as a.png"]
