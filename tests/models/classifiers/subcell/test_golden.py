import numpy as np
import pytest
import torch

from models.classifiers.backbones.subcell.names import SubCellName
from models.classifiers.model_folder import read_classifier
from models.classifiers.subcell import load_subcell
from models.classifiers.subcell.fetch import fetch_subcell

SETS = [
    pytest.param("rybg", 2),
    pytest.param("rbg", 1, marks=pytest.mark.slow),
    pytest.param("ybg", 1, marks=pytest.mark.slow),
    pytest.param("bg", 1, marks=pytest.mark.slow),
]


@pytest.mark.parametrize(("channels", "heads"), SETS)
def test_the_published_code_gives_the_same(
    shared, large_store, write_published, golden_tiles, channels, heads
):
    write_published(large_store.parent / "files", channels, heads)
    fetch_subcell(SubCellName(channels), large_store.parent / "files")
    network = load_subcell(channels)
    with np.load(shared / "reference/subcell/golden.npz") as golden:
        sizes = [(320, 384)] if channels == "rybg" else [(320, 384), (448, 448)]
        for height, width in sizes:
            with torch.inference_mode():
                output = network(golden_tiles(channels, height, width))
            found = {
                "embedding": output.embedding,
                "probabilities": output.probabilities,
                "attention": output.attention,
                "tokens": output.tokens[:, ::29, ::16],
            }
            for name, values in found.items():
                expected = golden[f"{channels}_{height}x{width}_{name}"]
                assert values.shape == expected.shape
                assert values.dtype == torch.float32
                scale = np.abs(expected).max()
                np.testing.assert_allclose(
                    values.numpy(), expected, rtol=1e-5, atol=1e-5 * scale, err_msg=name
                )


@pytest.mark.slow
def test_the_classifier_gives_it_from_grey_values(shared, large_store, write_published, golden_tiles):
    write_published(large_store.parent / "files", "rybg", 2)
    folder = fetch_subcell(SubCellName("rybg"), large_store.parent / "files")
    classifier = read_classifier(folder)
    assert classifier.architecture.tiles.channels == ("red", "yellow", "blue", "green")
    assert classifier.architecture.class_names[-1] == "Negative"
    # Whatever the minimum and maximum of the grey values are, scaling gives 0 and 1.
    grey = golden_tiles("rybg", 448, 448) * 200 + 20
    with torch.inference_mode():
        scores = classifier(grey)
    with np.load(shared / "reference/subcell/golden.npz") as golden:
        expected = golden["rybg_448x448_probabilities"], golden["rybg_448x448_embedding"]
    np.testing.assert_allclose(classifier.probabilities(scores.logits).numpy(), expected[0], rtol=1e-4)
    np.testing.assert_allclose(scores.embedding.numpy(), expected[1], atol=1e-4 * np.abs(expected[1]).max())
