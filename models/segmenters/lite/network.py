"""The network of the lite segmenter: a small U-Net that predicts all maps of a field in one pass."""

from torch import Tensor, nn

from data.segmenter_training.targets import MAPS
from models.classifiers.backbones.packaged_weights import load_packaged_weights
from models.classifiers.backbones.settings import PACKAGED_BACKBONE
from models.torchvision_repair import import_torchvision

import_torchvision()

import segmentation_models_pytorch as smp  # noqa: E402 (needs the repaired torchvision)
import timm  # noqa: E402 (needs the repaired torchvision)

DECODER_CHANNELS = (256, 128, 64, 32, 16)
"""Widths of the decoder, from the coarsest level on."""


class LiteNetwork(nn.Module):
    """A U-Net (Ronneberger et al. 2015) with the encoder EfficientNet-Lite0.

    Parameters
    ----------
    pretrained
        Start the encoder from ImageNet weights, which an installed package carries.
    """

    def __init__(self, *, pretrained: bool = False) -> None:
        super().__init__()
        self.unet = smp.Unet(
            f"tu-{PACKAGED_BACKBONE}",
            encoder_weights=None,
            in_channels=3,
            classes=len(MAPS),
            decoder_channels=DECODER_CHANNELS,
        )
        if pretrained:
            self._load_encoder()

    def forward(self, stains: Tensor) -> Tensor:
        """Predict the maps of a field.

        Parameters
        ----------
        stains
            (N, 3, H, W) float, as `data.segmenter_training.stains.scale_stains` gives them; H and W are
            multiples of 32.

        Returns
        -------
        Tensor
            (N, 5, H, W) logits of `data.segmenter_training.targets.MAPS`.
        """
        return self.unet(2 * stains - 1)

    def parts(self) -> tuple[nn.Module, nn.Module]:
        """Return the encoder, and all that follows it, which may learn at another rate."""
        return self.unet.encoder, nn.ModuleList([self.unet.decoder, self.unet.segmentation_head])

    def _load_encoder(self) -> None:
        whole = timm.create_model(PACKAGED_BACKBONE, num_classes=0)
        load_packaged_weights(whole, 3, PACKAGED_BACKBONE)
        weights = whole.state_dict()
        encoder = self.unet.encoder.model
        state = encoder.state_dict()
        encoder.load_state_dict({name: weights[name] for name in state})
