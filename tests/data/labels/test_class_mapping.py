import numpy as np
import pytest

from data.errors import InputError
from data.labels.class_mapping import map_classes
from data.labels.label_set import HPA2021, LabelSet, read_label_set

SUBCELL31 = read_label_set("subcell31")

MERGED = {
    "Actin filaments": {"Actin filaments", "Focal adhesion sites"},
    "Centrosome": {"Centrosome", "Centriolar satellite"},
    "Plasma membrane": {"Plasma membrane", "Cell Junctions"},
    "Nucleoli": {"Nucleoli", "Nucleoli rim"},
    "Vesicles and punctate cytosolic patterns": {
        *("Vesicles", "Peroxisomes", "Endosomes", "Lysosomes", "Lipid droplets", "Cytoplasmic bodies")
    },
}


def test_the_31_classes_of_subcell_as_the_19_of_kaggle() -> None:
    mapping = map_classes(SUBCELL31.names, HPA2021, where="here")
    for name, numbers in zip(HPA2021.names, mapping.members, strict=True):
        assert {SUBCELL31.names[number] for number in numbers} == MERGED.get(name, {name})
    assert mapping.without_a_place == ("Cytokinetic bridge", "Midbody", "Mitotic chromosome")
    assert mapping.without_members == ()
    assert mapping.members[18] == (30,)


def test_a_class_is_as_probable_as_the_likeliest_of_its_members() -> None:
    mapping = map_classes(SUBCELL31.names, HPA2021, where="here")
    probabilities = np.random.default_rng(1).random((50, 31), np.float32)
    merged = mapping.merge(probabilities)
    assert (merged.shape, merged.dtype) == ((50, 19), np.float32)
    for label, name in enumerate(HPA2021.names):
        members = [SUBCELL31.find(member) for member in MERGED.get(name, {name})]
        expected = [max(row[member] for member in members) for row in probabilities]
        np.testing.assert_array_equal(merged[:, label], expected)
    assert mapping.merge(probabilities[:0]).shape == (0, 19)


def test_classes_that_nothing_is_part_of_have_probability_zero() -> None:
    target = LabelSet(names=("Nucleoplasm", "Rods & Rings"), title="own")
    mapping = map_classes(["nucleoplasm", "Midbody"], target, where="here")
    assert (mapping.without_a_place, mapping.without_members) == (("Midbody",), ("Rods & Rings",))
    np.testing.assert_array_equal(mapping.merge(np.array([[0.25, 0.75]])), [[0.25, 0]])


def test_classes_of_which_none_has_a_place_are_refused() -> None:
    with pytest.raises(
        InputError, match="here: classes of which the label set hpa2021 has none: Dim, Bright"
    ):
        map_classes(["Dim", "Bright"], HPA2021, where="here")
