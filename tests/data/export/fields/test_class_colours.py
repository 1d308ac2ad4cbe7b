from data.export.fields.class_colours import choose_colours


def test_each_class_has_a_colour_of_its_own() -> None:
    colours = choose_colours(60)
    assert len(set(map(tuple, colours))) == 60
    assert all(0 <= share <= 255 for colour in colours for share in colour)
    assert choose_colours(19) == colours[:19]
