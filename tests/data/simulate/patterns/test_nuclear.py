"""What the classes of the nucleus look like; `observe` and its measures are in conftest.py."""

import pytest


def fills_the_nucleus_but_not_its_nucleoli(cells):
    assert cells.median(lambda c: c.contrast(c.nucleus, c.cytoplasm)) > 4
    assert cells.median(lambda c: c.contrast(c.nucleoli, c.nucleoplasm)) < 0.85
    assert cells.median(lambda c: c.variation(c.nucleoplasm)) < 0.3
    assert cells.median(lambda c: c.contrast(c.around_nucleus(-0.4, 0.2), c.nucleoplasm)) < 1.2


def is_a_thin_rim_around_the_nucleus(cells):
    rim = (-0.4, 0.2)
    assert cells.median(lambda c: c.contrast(c.around_nucleus(*rim), c.around_nucleus(-99, -1.2))) > 2
    assert cells.median(lambda c: c.contrast(c.around_nucleus(*rim), c.around_nucleus(1.2, 99))) > 6
    assert all(c.bright_part(c.around_nucleus(-0.8, 0.6)) > 0.8 for c in cells)


def fills_few_large_nucleoli(cells):
    assert 1 <= cells.median(lambda c: len(c.spots)) <= 8
    assert cells.median(lambda c: c.contrast(c.nucleoli, c.nucleoplasm)) > 2
    assert cells.median(lambda c: c.bright_part(c.nucleoli)) > 0.65
    assert cells.median(lambda c: (c.bright & c.nucleoli).sum() / c.nucleoli.sum()) > 0.85


def is_dots_within_the_nucleoli(cells):
    assert all(c.bright_part(c.nucleus) > 0.98 for c in cells)
    assert cells.median(lambda c: c.bright_part(c.nucleoli)) > 0.5
    assert cells.median(lambda c: (c.bright & c.nucleoli).sum() / c.nucleoli.sum()) < 0.85


def is_many_blotches_outside_the_nucleoli(cells):
    assert cells.median(lambda c: len(c.spots)) >= 12
    assert all(c.bright_part(c.nucleus) > 0.98 for c in cells)
    assert all(c.bright_part(c.nucleoli) < 0.05 for c in cells)
    assert cells.median(lambda c: c.variation(c.nucleoplasm)) > 0.4


def is_two_to_ten_dots_outside_the_nucleoli(cells):
    assert 2 <= cells.median(lambda c: c.dots_in_nucleus) <= 10
    # Two bodies side by side are one spot.
    assert all(1 <= c.dots_in_nucleus <= 10 for c in cells)
    assert cells.median(lambda c: c.spots.mean()) < 2
    assert all(c.bright_part(c.nucleus) > 0.98 for c in cells)
    assert cells.median(lambda c: c.bright_part(c.nucleoli)) < 0.05


LOOKS = {
    0: fills_the_nucleus_but_not_its_nucleoli,
    1: is_a_thin_rim_around_the_nucleus,
    2: fills_few_large_nucleoli,
    3: is_dots_within_the_nucleoli,
    4: is_many_blotches_outside_the_nucleoli,
    5: is_two_to_ten_dots_outside_the_nucleoli,
}


@pytest.mark.parametrize("label", LOOKS)
def test_each_class_looks_as_described(observe, line, label):
    LOOKS[label](observe((label,), line))


@pytest.mark.parametrize("label", LOOKS)
def test_no_other_class_passes_for_it(reject_other_classes, label):
    reject_other_classes(LOOKS[label], label)


def test_every_speckled_nucleus_has_its_own_blotches(observe):
    cells = observe((4,))
    assert len({c.green[c.nucleus].mean().round(5) for c in cells}) == len(cells)
