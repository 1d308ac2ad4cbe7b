import pytest
import torch

from models.training.averaging.weight_interpolation import WeightInterpolation

NORMED = {"backbone": {"name": "test_resnet", "pretrained": "none"}}
"""A network with batch statistics, and counts of batches that are whole numbers."""


def change(classifier) -> None:
    """Change every weight and statistic, and count a batch."""
    with torch.no_grad():
        for tensor in classifier.state_dict().values():
            tensor += 1 if not tensor.is_floating_point() else torch.rand_like(tensor)


@pytest.mark.parametrize("changes", [{}, NORMED], ids=["plain", "normed"])
@pytest.mark.parametrize("share", [0.3, 0.0, 1.0])
def test_weights_and_statistics_are_averaged(make_classifier, changes, share: float) -> None:
    classifier = make_classifier(**changes)
    first = {name: weight.clone() for name, weight in classifier.state_dict().items()}
    interpolation = WeightInterpolation(classifier, share)
    change(classifier)
    for name, weight in interpolation.interpolate(classifier).state_dict().items():
        trained = classifier.state_dict()[name]
        assert not torch.equal(trained, first[name])
        if weight.is_floating_point():
            torch.testing.assert_close(weight, (1 - share) * trained + share * first[name])
        else:
            assert torch.equal(weight, trained)


def test_the_trained_weights_stay_as_they_are(make_classifier) -> None:
    classifier = make_classifier()
    interpolation = WeightInterpolation(classifier, 0.5)
    change(classifier)
    before = {name: weight.clone() for name, weight in classifier.state_dict().items()}
    interpolation.interpolate(classifier)
    change(interpolation.interpolate(classifier))
    assert all(torch.equal(before[name], weight) for name, weight in classifier.state_dict().items())
