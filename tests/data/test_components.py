import numpy as np
from hypothesis import given
from hypothesis import strategies as st

from data.components import label_components

COUNT = 12
LINKS = st.lists(st.tuples(st.integers(0, COUNT - 1), st.integers(0, COUNT - 1)), max_size=15)


@given(LINKS)
def test_nodes_are_together_where_links_lead_from_one_to_the_other(links: list[tuple[int, int]]) -> None:
    one, other = np.array(links, np.int64).reshape(-1, 2).T
    components = label_components(COUNT, one, other)
    reached = [{node} for node in range(COUNT)]
    for _ in range(COUNT):
        for first, second in links:
            reached[first] |= reached[second]
            reached[second] |= reached[first]
    for node in range(COUNT):
        assert set(np.flatnonzero(components == components[node])) == reached[node]
