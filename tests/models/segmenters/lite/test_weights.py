from pathlib import Path

import pytest
import torch
from safetensors.torch import save_file

from data.errors import InputError
from models.segmenters.lite.network import LiteNetwork
from models.segmenters.lite.weights import hash_weights, load_lite_network, save_lite_weights


@pytest.fixture(scope="module")
def network() -> LiteNetwork:
    torch.manual_seed(1)
    made = LiteNetwork()
    # Statistics other than the initial ones must survive, too.
    made.train()(torch.rand(2, 3, 64, 64))
    return made.eval()


def test_weights_come_back_in_half_precision(network: LiteNetwork, tmp_path: Path) -> None:
    path = tmp_path / "lite.safetensors"
    save_lite_weights(path, network)
    loaded = load_lite_network(path)
    stains = torch.rand(1, 3, 96, 64)
    with torch.inference_mode():
        expected, logits = network(stains), loaded(stains)
    assert logits.shape == (1, 5, 96, 64)
    assert (logits - expected).abs().max() < 0.02 * expected.abs().max()
    assert path.stat().st_size < 12e6
    assert len(hash_weights(path)) == 16


def test_broken_missing_and_foreign_files_are_told(network: LiteNetwork, tmp_path: Path) -> None:
    path = tmp_path / "lite.safetensors"
    with pytest.raises(InputError, match="no such file"):
        load_lite_network(path)
    save_lite_weights(path, network)
    path.write_bytes(path.read_bytes()[:5000])
    with pytest.raises(InputError, match="unreadable"):
        load_lite_network(path)
    save_file({"weight": torch.zeros(3)}, path)
    with pytest.raises(InputError, match="another network"):
        load_lite_network(path)


def test_pretrained_encoder_differs_from_a_random_one() -> None:
    torch.manual_seed(1)
    random = LiteNetwork().state_dict()
    pretrained = LiteNetwork(pretrained=True).state_dict()
    name = "unet.encoder.model.conv_stem.weight"
    assert not torch.equal(random[name], pretrained[name])
    # Filters that were learnt are smooth: neighbours within a filter are alike.
    filters = pretrained[name]
    alike = torch.corrcoef(torch.stack([filters[..., :-1].flatten(), filters[..., 1:].flatten()]))[0, 1]
    assert alike > 0.1
