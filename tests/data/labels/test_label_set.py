from pathlib import Path

import pytest

from data.errors import InputError
from data.labels.label_set import HPA2021, LabelSet, find_unshared, read_label_set


def test_the_sets_that_come_with_hpacells() -> None:
    assert (len(HPA2021), HPA2021.negative) == (19, 18)
    hpa2018 = read_label_set("hpa2018")
    assert (len(hpa2018), hpa2018.negative) == (28, None)
    places = {7: "Golgi apparatus", 17: "Mitotic spindle", 23: "Mitochondria", 27: "Rods & rings"}
    assert {number: hpa2018.names[number] for number in places} == places
    other_names = {"Vesicles and punctate cytosolic patterns", "Negative"}
    assert set(HPA2021.names) - set(hpa2018.names) == other_names


def test_the_classes_of_subcell() -> None:
    subcell31 = read_label_set("subcell31")
    assert (len(subcell31), subcell31.negative, subcell31.names[30]) == (31, 30, "Negative")
    # In alphabetical order but for the last one, as they are published.
    assert list(subcell31.names[:30]) == sorted(subcell31.names[:30], key=str.casefold)
    places = {
        0: "Actin filaments",
        8: "Endoplasmic reticulum",
        16: "Midbody",
        26: "Nucleoplasm",
        29: "Vesicles",
    }
    assert {number: subcell31.names[number] for number in places} == places


def test_a_set_of_the_users(tmp_path: Path) -> None:
    path = tmp_path / "own.toml"
    for negative in ("1", '"None"'):
        path.write_text(f'names = ["Inside", "None"]\nnegative = {negative}\n')
        own = read_label_set(path)
        assert (own.names, own.negative) == (("Inside", "None"), 1)
    assert [own.find(text) for text in ("0", "inside", " None ", "2", "-1", "", "Outside")] == [
        *(0, 0, 1),
        *(None,) * 4,
    ]


@pytest.mark.parametrize(
    ("text", "message"),
    [
        ("names = []", "names: "),
        ("negative = 1", "names: Field required"),
        ('names = ["a", "A"]', "twice"),
        ('names = ["a", "3"]', "a name is a number"),
        ('names = ["a|b"]', "has a | in it"),
        ('names = ["a"]\nnegative = 1', "negative = 1 is none of the classes 0..0"),
        ('names = ["a"]\nnegative = "b"', "negative = 'b' is none of the names"),
        ('names = ["a"]\ncolours = 1', "colours: Extra inputs"),
        ("names = ", "not a label set"),
    ],
)
def test_files_that_are_no_label_set(tmp_path: Path, text: str, message: str) -> None:
    path = tmp_path / "own.toml"
    path.write_text(text)
    with pytest.raises(InputError) as raised:
        read_label_set(path)
    assert message in str(raised.value)
    assert "own.toml" in str(raised.value)


def test_what_messages_call_a_set(tmp_path: Path) -> None:
    path = tmp_path / "own.toml"
    for text, title in (("", str(path)), ('title = "of our screen"', "of our screen")):
        path.write_text(f'names = ["a"]\n{text}\n')
        assert str(read_label_set(path)) == f"the label set {title}"
    assert str(read_label_set("hpa2018")) == "the label set hpa2018"
    assert str(LabelSet(names=("a", "b"))) == "the label set"


def test_an_unknown_name_lists_what_exists() -> None:
    with pytest.raises(InputError, match=r"hpa2022: no such label set; .* one of .*hpa2018, hpa2021"):
        read_label_set("hpa2022")


def test_a_class_that_one_list_lacks() -> None:
    assert find_unshared(["a", "b"], ["b", "a"]) is None
    assert find_unshared(["a", "c", "d"], ["a", "b"]) == "c"
    assert find_unshared(["a"], ["b", "a"]) == "b"
