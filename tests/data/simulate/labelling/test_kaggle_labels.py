from collections import Counter

from data.labels.label_file import read_labels
from data.simulate.labelling.kaggle_labels import LABEL_COUNTS, LABEL_SETS


def test_counts_are_those_of_the_training_table(shared):
    table = read_labels(shared / "hpa" / "tables" / "kaggle_hpa_scc_2021_train.csv")
    assert Counter(table.values()) == LABEL_SETS
    assert Counter(label for labels in table.values() for label in labels) == dict(enumerate(LABEL_COUNTS))


def test_counts_are_those_that_the_competition_is_known_for():
    assert sum(LABEL_SETS.values()) == 21_806
    assert LABEL_SETS[11,] == 1
    assert LABEL_COUNTS[18] == LABEL_SETS[18,] == 34
