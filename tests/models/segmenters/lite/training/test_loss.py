import numpy as np
import pytest
import torch

from data.segmenter_training.targets import MAPS
from models.segmenters.lite.training.loss import CONTACT_PIXEL_WEIGHT, DICE_MAPS, WEIGHTS, segmentation_loss


def reference_loss(logits: np.ndarray, targets: np.ndarray, weight: np.ndarray) -> float:
    """Compute the loss pixel by pixel."""
    count, _, height, width = logits.shape
    contact = targets[:, MAPS.index("contact")]
    entropy = dict.fromkeys(MAPS, 0.0)
    total = 0.0
    for n in range(count):
        for y in range(height):
            for x in range(width):
                near = contact[n, max(y - 2, 0) : y + 3, max(x - 2, 0) : x + 3].max()
                pixel = weight[n, y, x] * (1 + (CONTACT_PIXEL_WEIGHT - 1) * near)
                total += pixel
                for place, name in enumerate(MAPS):
                    chance = 1 / (1 + np.exp(-logits[n, place, y, x]))
                    target = targets[n, place, y, x]
                    entropy[name] -= pixel * (target * np.log(chance) + (1 - target) * np.log(1 - chance))
    loss = sum(WEIGHTS[name] * entropy[name] / total for name in MAPS)
    dice = []
    for name in DICE_MAPS:
        chance = 1 / (1 + np.exp(-logits[:, MAPS.index(name)])) * weight
        target = targets[:, MAPS.index(name)] * weight
        dice.append(1 - (2 * (chance * target).sum() + 1) / (chance.sum() + target.sum() + 1))
    return loss + float(np.mean(dice))


@pytest.mark.parametrize("seed", range(3))
def test_loss_equals_the_plain_sum(seed: int) -> None:
    random = np.random.default_rng(seed)
    logits = random.normal(0, 2, (2, 5, 7, 9))
    targets = (random.random((2, 5, 7, 9)) < 0.3).astype(float)
    targets[:, 4] = random.random((2, 7, 9))
    weight = (random.random((2, 7, 9)) < 0.8).astype(float)
    loss = segmentation_loss(*(torch.tensor(part, dtype=torch.float32) for part in (logits, targets, weight)))
    assert float(loss) == pytest.approx(reference_loss(logits, targets, weight), rel=1e-4)


def test_unknown_pixels_do_not_matter() -> None:
    random = np.random.default_rng(5)
    logits = torch.tensor(random.normal(0, 1, (1, 5, 8, 8)), dtype=torch.float32)
    targets = torch.zeros(1, 5, 8, 8)
    targets[:, 2, :, :4] = 1
    weight = torch.zeros(1, 8, 8)
    weight[..., :4] = 1
    changed = logits.clone()
    changed[..., 4:] = 50
    assert torch.allclose(
        segmentation_loss(logits, targets, weight), segmentation_loss(changed, targets, weight)
    )
    assert torch.isfinite(segmentation_loss(logits, targets, torch.zeros(1, 8, 8)))


def test_the_truth_has_the_least_loss() -> None:
    targets = torch.zeros(1, 5, 16, 16)
    targets[:, :3, 4:12, 4:12] = 1
    targets[:, 3, 4:12, 8] = 1
    targets[:, 4, 4:12, 4:12] = 0.7
    weight = torch.ones(1, 16, 16)
    truth = torch.logit(targets.clamp(1e-4, 1 - 1e-4))
    least = segmentation_loss(truth, targets, weight)
    for name in MAPS:
        changed = truth.clone()
        changed[:, MAPS.index(name), 6:10, 6:10] -= 2.0
        assert segmentation_loss(changed, targets, weight) > least
