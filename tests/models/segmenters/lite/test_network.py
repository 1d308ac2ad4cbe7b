"""The lite network: what its encoder sees."""

import torch

from models.segmenters.lite.network import LIFTED_CHANNELS, PLAIN_CHANNELS, LiteNetwork


def first_layer(network: LiteNetwork) -> torch.nn.Conv2d:
    return network.unet.encoder.model.conv_stem


def test_the_encoder_sees_the_roots_of_microtubules_and_er_as_well() -> None:
    network, seen = LiteNetwork().eval(), []
    assert first_layer(network).in_channels == LIFTED_CHANNELS
    network.unet.encoder.register_forward_pre_hook(lambda _, inputs: seen.append(inputs[0]))
    stains = torch.rand(1, 3, 32, 32)
    with torch.inference_mode():
        network(stains)
    expected = torch.stack([*stains[0], stains[0, 0] ** 0.5, stains[0, 1] ** 0.5])
    assert torch.allclose(seen[0][0], 2 * expected - 1)


def test_imagenet_weights_give_the_same_on_stains_that_equal_their_roots() -> None:
    plain, lifted = (LiteNetwork(pretrained=True, lifted=how) for how in (False, True))
    assert first_layer(plain).in_channels == PLAIN_CHANNELS
    stains = (torch.rand(1, 3, 64, 64) < 0.5).float()
    with torch.inference_mode():
        seen = 2 * stains - 1
        expected = first_layer(plain)(seen)
        found = first_layer(lifted)(torch.cat([seen, seen[:, :2]], dim=1))
    assert torch.allclose(found, expected, atol=1e-5)
