"""Groups of parameters in order of depth, so that each can have a learning rate of its own."""

from collections.abc import Callable, Iterator, Sequence

from torch import nn


def split_parameters(backbone: nn.Module, head: nn.Module, groups: int) -> list[list[nn.Parameter]]:
    """Put the parameters that are trained into groups: the backbone's in order of depth, then the head's.

    Parameters
    ----------
    backbone
        Its ``stages()``, modules or lists of parameters, give the order of depth; without that method, the
        order of its parameters does.
    head
        All of it is the last group.
    groups
        How many, at least 2. The backbone is cut into one fewer, of about equally many layers each; a layer
        is a parameter of two dimensions or more with the biases and normalisations that follow it.

    Returns
    -------
    list of list of Parameter
        Without frozen parameters (``requires_grad`` False); a group is empty where nothing is left for it.

    References
    ----------
    Zhang et al. (2021), "Training-time optimization": [lr/3, lr] and [lr/4, lr/2, lr].
    """
    parameters = [parameter for parameter in _by_depth(backbone) if parameter.requires_grad]
    layers, layer = [], -1
    for parameter in parameters:
        layer += parameter.ndim > 1
        layers.append(max(layer, 0))
    parts: list[list[nn.Parameter]] = [[] for _ in range(groups - 1)]
    for parameter, number in zip(parameters, layers, strict=True):
        parts[number * len(parts) // (max(layer, 0) + 1)].append(parameter)
    return [*parts, [parameter for parameter in head.parameters() if parameter.requires_grad]]


def _by_depth(backbone: nn.Module) -> Iterator[nn.Parameter]:
    """Return each parameter once; those that the stages leave out come last."""
    seen: set[nn.Parameter] = set()
    stages: Callable[[], Sequence[nn.Module | list[nn.Parameter]]] = getattr(backbone, "stages", list)
    for stage in (*stages(), backbone):
        for parameter in stage.parameters() if isinstance(stage, nn.Module) else stage:
            if parameter not in seen:
                seen.add(parameter)
                yield parameter
