from stages.inspect.cells.groups import divide_cells

GROUPS = ["m", "x", "m", "y", "n", "n", "n", "z"]
NAMES = list("abcdefgh")


def test_a_page_a_group_and_the_others_in_blocks() -> None:
    pages = divide_cells(NAMES, GROUPS, 2)
    assert [(page.title, page.rows.tolist(), page.together) for page in pages] == [
        ("m", [0, 2], True),
        ("n, part 1 of 2", [4, 5], True),
        ("n, part 2 of 2", [6], True),
        ("b to d", [1, 3], False),
        ("h", [7], False),
    ]
    assert [page.number for page in pages] == [1, 2, 3, 4, 5]


def test_every_cell_stands_on_one_page() -> None:
    for groups in (GROUPS, NAMES, ["one"] * 8):
        for length in (1, 3, 100):
            pages = divide_cells(NAMES, groups, length)
            assert sorted(row for page in pages for row in page.rows.tolist()) == list(range(8))
            assert max(len(page.rows) for page in pages) <= length
