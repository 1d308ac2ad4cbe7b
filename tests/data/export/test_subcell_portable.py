import numpy as np

from data.export.subcell_portable import rank_classes, soften


def test_the_three_likeliest_as_each_state_sorts_them() -> None:
    random = np.random.default_rng(4)
    # With many equal ones.
    probabilities = random.integers(0, 5, (300, 31)) / 5
    for row, former, latter in zip(
        probabilities,
        rank_classes(probabilities, "2024-10"),
        rank_classes(probabilities, "2025-11"),
        strict=True,
    ):
        values = row.tolist()
        assert former.tolist() == sorted(range(31), key=lambda label: values[label])[-3:][::-1]
        assert latter.tolist() == sorted(range(31), key=lambda label: values[label], reverse=True)[:3]


def test_softmax_of_probabilities() -> None:
    probabilities = np.random.default_rng(4).random((5, 31)).astype(np.float32)
    softened = soften(probabilities)
    expected = np.exp(probabilities.astype(float))
    np.testing.assert_allclose(softened, expected / expected.sum(axis=1, keepdims=True), rtol=1e-6)
    assert softened.dtype == np.float32
