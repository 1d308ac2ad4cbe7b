"""Which of the fetched networks of SubCell takes some tiles."""

import logging
from collections.abc import Collection

from data.channels import CHANNELS as ALL_CHANNELS
from data.errors import InputError
from models.classifiers.backbones.subcell.names import CHANNELS, SubCellName
from models.classifiers.backbones.subcell.store import is_fetched, require_fetched

log = logging.getLogger("hpacells")


def choose_subcell(name: SubCellName, channels: Collection[str] | None) -> SubCellName:
    """Return the network of most channels that some tiles have, and log which that is.

    Parameters
    ----------
    name
        Returned as it is where it has a channel set.
    channels
        Channels of the tiles; None where they are not known: then the fetched network of most channels.

    Raises
    ------
    InputError
        No network takes such tiles, or it is not fetched.
    """
    if name.channel_set is not None:
        require_fetched(name)
        return name
    sets = [each for each, taken in CHANNELS.items() if channels is None or set(taken) <= set(channels)]
    if not sets:
        raise InputError(
            found=f"tiles of the channels {', '.join(channels or ALL_CHANNELS)}",
            where=f"--model {name}",
            expected="blue (nucleus) and green (protein) at least, which all networks of SubCell need",
            advice="predict with another classifier, or crop fields that have these channels",
        )
    fetched = [name.of(each) for each in sets if is_fetched(name.of(each))]
    if channels is None and fetched:
        return fetched[0]
    chosen = name.of(sets[0])
    if not is_fetched(chosen) and fetched:
        raise InputError(
            found=f"the weights of {chosen} are not fetched",
            where=f"--model {name}",
            expected=f"the network for the channels {', '.join(CHANNELS[sets[0]])}",
            advice=f"run `hpacells weights fetch {chosen}`, or take fewer channels: --model {fetched[0]}",
        )
    require_fetched(chosen)
    log.info("%s: %s, which takes the channels %s", name, chosen, ", ".join(CHANNELS[sets[0]]))
    return chosen
