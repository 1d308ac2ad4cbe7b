"""Training in several processes, each on a part of every batch, as torchrun starts them."""

import os
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from typing import Any

import torch
from numpy.typing import NDArray
from torch import Tensor, distributed, nn


@dataclass(frozen=True)
class Processes:
    """The processes of one training, seen from one of them; alone by default.

    Attributes
    ----------
    rank
        This process's number; 0 writes the files.
    count
        How many there are.
    """

    rank: int = 0
    count: int = 1

    def average_gradients(self, network: nn.Module) -> None:
        """Average a network's gradients over all processes.

        After the backward pass, not within it as DistributedDataParallel does: a process that runs out of
        memory there could not tell the others, which would wait for its gradients for ever.
        """
        if self.count == 1:
            return
        gradients = [weights.grad for weights in network.parameters() if weights.grad is not None]
        together = torch.cat([gradient.flatten() for gradient in gradients])
        distributed.all_reduce(together)
        together /= self.count
        parts = together.split([gradient.numel() for gradient in gradients])
        for gradient, mean in zip(gradients, parts, strict=True):
            gradient.copy_(mean.view_as(gradient))

    def share(self, tiles: int) -> float:
        """Weigh a mean over ``tiles``, so that the mean over processes is that over all tiles."""
        return 1.0 if self.count == 1 else tiles * self.count / self.sum(tiles)

    def sum(self, value: float) -> float:
        """Add a number up over all processes."""
        if self.count == 1:
            return value
        total = torch.tensor(value, dtype=torch.float64)
        distributed.all_reduce(total)
        return float(total)

    def mean(self, value: float) -> float:
        """Average a number over all processes."""
        return self.sum(value) / self.count

    def wait(self) -> None:
        """Wait until all processes are here."""
        self.sum(0.0)

    def align(self, network: nn.Module) -> None:
        """Copy the first process's weights and buffers to a network, such as batch norm statistics."""
        if self.count > 1:
            for tensor in network.state_dict().values():
                distributed.broadcast(tensor, src=0)

    def part(self, items: NDArray[Any]) -> NDArray[Any]:
        """Return every ``count``-th of some items: this process's part."""
        return items[self.rank :: self.count]

    def gather(self, parts: Tensor, total: int) -> Tensor:
        """Gather the results (n, ...) of each process's ``part`` of ``total`` items, in their order."""
        if self.count == 1:
            return parts
        gathered: list[Any] = [None] * self.count
        distributed.all_gather_object(gathered, parts)
        joined = parts.new_empty((total, *parts.shape[1:]))
        for rank, part in enumerate(gathered):
            joined[rank :: self.count] = part
        return joined


ALONE = Processes()
"""A training in one process."""


@contextmanager
def join_processes(device: torch.device) -> Iterator[Processes]:
    """Join the other processes that torchrun started; gradients go by gloo on the CPU, by NCCL on CUDA.

    Of a machine's CUDA devices each process takes its own, unless the device was chosen by its number.
    """
    count = int(os.environ.get("WORLD_SIZE", "1"))
    if count == 1:
        yield ALONE
        return
    if device.type == "cuda" and device.index is None:
        torch.cuda.set_device(int(os.environ.get("LOCAL_RANK", "0")) % torch.cuda.device_count())
    distributed.init_process_group("cpu:gloo,cuda:nccl" if device.type == "cuda" else "gloo")
    try:
        yield Processes(distributed.get_rank(), count)
    finally:
        distributed.destroy_process_group()
