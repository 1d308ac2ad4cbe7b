"""torch on the processor, in float32 or bfloat16."""

import numpy as np
import torch
from numpy.typing import NDArray
from torch import nn

from models.device import to_device


class TorchCpuNetwork:
    """Runs a network with torch on the calling thread.

    How many threads of its own torch adds to that is left to who calls from several threads, as torch knows
    but one number for the whole process; `pipeline.engines.local` sets it.

    Parameters
    ----------
    network
        Taken over: changed in place.
    bfloat16
        Compute convolutions in bfloat16 (normalisations and sums of products stay float32). On a processor
        with AMX a DPN-UNet then takes a fifth of the time.
    """

    def __init__(self, network: nn.Module, *, bfloat16: bool = False) -> None:
        self._type = torch.bfloat16 if bfloat16 else torch.float32
        self._network = to_device(network, torch.device("cpu")).eval().requires_grad_(False)
        for module in network.modules():
            if isinstance(module, (nn.Conv2d, nn.ConvTranspose2d, nn.Linear)):
                module.to(self._type)

    def __call__(self, image: NDArray[np.float32]) -> NDArray[np.float32]:
        """Return the network's output (K, H, W) of one image (C, H, W)."""
        batch = torch.from_numpy(np.ascontiguousarray(image))[None].to(self._type)
        with torch.inference_mode():
            output = self._network(batch.contiguous(memory_format=torch.channels_last))
        return output[0].float().contiguous().numpy()
