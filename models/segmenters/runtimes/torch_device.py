"""torch on a CUDA device: mixed precision, batches from concurrent calls, transfers beside the computing."""

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np
import torch
from numpy.typing import NDArray
from torch import Tensor, nn

from models.device import to_device
from models.segmenters.runtimes.batch_gatherer import BatchGatherer

BATCH_SIZE = 8
"""Images in a batch at most."""


class TorchDeviceNetwork:
    """Runs a network with torch on a device that one thread owns; see `BatchGatherer`.

    Parameters
    ----------
    network
        Taken over: moved to the device.
    device
        The CUDA device; the processor will do to try it out.
    precision
        In which convolutions are computed.
    batch_size
        Images in a batch at most.
    """

    def __init__(
        self, network: nn.Module, device: torch.device, precision: torch.dtype, batch_size: int = BATCH_SIZE
    ) -> None:
        network = to_device(network, device).eval().requires_grad_(False)
        batches = _DeviceBatches(network, device, precision)
        self._gather = BatchGatherer(batches.launch, batches.collect, batch_size)

    def __call__(self, image: NDArray[np.float32]) -> NDArray[np.float32]:
        """Return the network's output (K, H, W) of one image (C, H, W)."""
        return self._gather(image)

    def close(self) -> None:
        """Release the device."""
        self._gather.close()


@dataclass(frozen=True)
class _Launched:
    """A batch on its way.

    `inputs` are held until the end, as memory that a transfer still reads must not be used again.
    """

    inputs: Tensor
    outputs: Tensor
    done: Any


class _DeviceBatches:
    """Starts batches on a device and waits for them."""

    def __init__(self, network: nn.Module, device: torch.device, precision: torch.dtype) -> None:
        self._network, self._device, self._precision = network, device, precision
        self._is_cuda = device.type == "cuda"
        self._transfers = torch.cuda.Stream(device) if self._is_cuda else None

    def launch(self, images: Sequence[NDArray[np.float32]]) -> _Launched:
        inputs = torch.empty((len(images), *images[0].shape), pin_memory=self._is_cuda)
        np.stack(images, out=inputs.numpy())
        with torch.inference_mode():
            batch = self._upload(inputs)
            with torch.autocast(self._device.type, self._precision, enabled=self._precision != torch.float32):
                logits = self._network(batch.contiguous(memory_format=torch.channels_last))
            outputs, done = self._download(logits.float().contiguous())
        return _Launched(inputs, outputs, done)

    def collect(self, launched: _Launched) -> list[NDArray[np.float32]]:
        if launched.done is not None:
            launched.done.synchronize()
        # Copies: the next batches use the same pinned memory again.
        return [output.numpy().copy() for output in launched.outputs]

    def _upload(self, inputs: Tensor) -> Tensor:
        if self._transfers is None:
            return inputs
        with torch.cuda.stream(self._transfers):
            batch = inputs.to(self._device, non_blocking=True)
        computing = torch.cuda.current_stream(self._device)
        computing.wait_stream(self._transfers)
        batch.record_stream(computing)
        return batch

    def _download(self, logits: Tensor) -> tuple[Tensor, Any]:
        if self._transfers is None:
            return logits, None
        # On the computing stream: on the stream of the uploads the next batch's upload would wait for it.
        outputs = torch.empty(logits.shape, pin_memory=True)
        outputs.copy_(logits, non_blocking=True)
        done = torch.cuda.Event()
        done.record(torch.cuda.current_stream(self._device))
        return outputs, done
