"""Classifiers for tiles that lack some of the channels they were trained with."""

from collections.abc import Collection, Mapping, Sequence
from dataclasses import replace

import torch
from torch import Tensor

from data.errors import InputError
from data.tiles.preparation import MASK_CHANNELS
from models.classifiers.backbones.settings import SUBCELL_CHANNELS
from models.classifiers.backbones.subcell.store import name_fetched
from models.classifiers.bundled import name_bundled
from models.classifiers.classifier import Architecture, Classifier, Normalisation
from models.classifiers.ensemble.members import Member


def adapt_members(members: Sequence[Member], channels: Collection[str]) -> list[Member]:
    """Return the classifiers as they predict tiles that have only some channels.

    Parameters
    ----------
    members
        The classifiers.
    channels
        The channels of the tiles.

    Raises
    ------
    InputError
        The tiles lack a channel without which a classifier was never trained.
    """
    return [_adapt(member, channels) for member in members]


def _adapt(member: Member, channels: Collection[str]) -> Member:
    lacking = find_lacking(member.architecture, channels)
    if not lacking:
        return member
    needed = [channel for channel in lacking if channel not in member.architecture.optional_channels]
    if needed:
        raise InputError(
            found=f"tiles without {' and '.join(needed)}, which the classifier was trained with",
            where=member.folder,
            expected=f"tiles of the channels {', '.join(member.architecture.tiles.channels)}",
            advice="predict with --model subcell, the network of SubCell that fits the tiles"
            if member.architecture.backbone.name in SUBCELL_CHANNELS
            else "train a classifier on these tiles (`hpacells train`), or one that can do without "
            "(train.optional_channels), or predict with --model simhpa19",
        )
    return replace(member, architecture=leave_out(member.architecture, lacking))


def find_lacking(architecture: Architecture, channels: Collection[str]) -> list[str]:
    """List the stains that a classifier takes and that are not among the channels of some tiles."""
    return [
        channel
        for channel in architecture.tiles.channels
        if channel not in MASK_CHANNELS and channel not in channels
    ]


def leave_out(architecture: Architecture, lacking: Collection[str]) -> Architecture:
    """Return what a classifier is without some of its channels."""
    tiles, old = architecture.tiles, architecture.normalisation
    kept = [place for place, channel in enumerate(tiles.channels) if channel not in lacking]
    return architecture.model_copy(
        update={
            "tiles": tiles.model_copy(update={"channels": tuple(tiles.channels[place] for place in kept)}),
            "normalisation": Normalisation(
                mean=tuple(old.mean[place] for place in kept),
                deviation=tuple(old.deviation[place] for place in kept),
            ),
            "optional_channels": tuple(
                channel for channel in architecture.optional_channels if channel not in lacking
            ),
        }
    )


def restrict_classifier(classifier: Classifier, architecture: Architecture) -> Classifier:
    """Return a classifier without the channels that an architecture of ``leave_out`` lacks.

    It predicts what the whole classifier predicts where these channels are 0 after normalisation, as they
    were in training when they were left out.

    Returns
    -------
    Classifier
        In evaluation mode, on the CPU; the same one where no channel is left out, for tiles of the size and
        preset of the architecture.
    """
    given = classifier.architecture.tiles.channels
    if architecture.tiles.channels == given:
        # Its weights are the same for tiles of any size; a runtime is prepared for this one.
        tiles = {"tiles": architecture.tiles}
        classifier.architecture = classifier.architecture.model_copy(update=tiles)
        return classifier
    bare = architecture.backbone.model_copy(update={"pretrained": "none"})
    smaller = Classifier(architecture.model_copy(update={"backbone": bare}))
    state = select_channels(classifier.state_dict(), given, smaller)
    try:
        smaller.load_state_dict(state)
    except RuntimeError:
        raise InputError(
            found=f"the network {architecture.backbone.name}, whose channels cannot be separated",
            where="tiles with fewer channels than the classifier takes",
            expected="a network whose first layer is a convolution of all channels",
            advice="train a classifier on these tiles (`hpacells train`)",
        ) from None
    return smaller.eval()


def select_channels(
    state: Mapping[str, Tensor], given: Sequence[str], classifier: Classifier
) -> dict[str, Tensor]:
    """Select, of weights for some channels, those of the channels that another classifier takes.

    Parameters
    ----------
    state
        Weights by name.
    given
        Channels that they are for.
    classifier
        Has the names and shapes of what is needed.

    Returns
    -------
    dict
        Weights whose second axis is the channels are cut to the classifier's; all others stay as they are,
        and so do all where the classifier takes a channel that is not given.
    """
    wanted = classifier.architecture.tiles.channels
    if tuple(given) == wanted or not set(wanted) <= set(given):
        return dict(state)
    places = torch.tensor([given.index(channel) for channel in wanted])
    own = classifier.state_dict()
    return {
        name: weight.index_select(1, places.to(weight.device))
        if name in own and _is_of_channels(weight, own[name], len(given), len(wanted))
        else weight
        for name, weight in state.items()
    }


def _is_of_channels(weight: Tensor, own: Tensor, given: int, wanted: int) -> bool:
    if weight.ndim < 2 or own.ndim != weight.ndim:
        return False
    others = [*weight.shape[:1], *weight.shape[2:]] == [*own.shape[:1], *own.shape[2:]]
    return others and weight.shape[1] == given and own.shape[1] == wanted and given != wanted


def name_member(member: Member) -> str:
    """Name a classifier for people: that of a bundled or fetched one, or else its folder."""
    return name_bundled(member.folder) or name_fetched(member.folder) or str(member.folder)
