from hypothesis import given
from hypothesis import strategies as st

from data.labels.image_groups import join_groups

IMAGES = "abcdefghij"
GROUPING = st.dictionaries(st.sampled_from(IMAGES), st.sampled_from(["", "g", "h", "i", "j"]))


@given(first=GROUPING, second=GROUPING)
def test_like_joining_pair_by_pair(first: dict[str, str], second: dict[str, str]) -> None:
    expected = {image_id: image_id for image_id in IMAGES}
    for _ in IMAGES:
        for grouping in (first, second):
            for one in IMAGES:
                for other in IMAGES:
                    if grouping.get(one) and grouping.get(one) == grouping.get(other):
                        smaller = min(expected[one], expected[other])
                        expected[one] = expected[other] = smaller
    assert join_groups(IMAGES, first, second) == expected


def test_the_same_name_in_two_groupings_is_two_groups() -> None:
    assert join_groups(["a", "b"], {"a": "x"}, {"b": "x"}) == {"a": "a", "b": "b"}


def test_without_images_or_groupings() -> None:
    assert join_groups([], {"a": "x"}) == {}
    assert join_groups(["b", "a"]) == {"b": "b", "a": "a"}
