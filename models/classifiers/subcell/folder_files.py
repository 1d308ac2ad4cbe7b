"""SubCell's published files in a folder, where somebody put them by hand."""

import re
from collections.abc import Iterable
from pathlib import Path, PurePosixPath

from data.errors import InputError
from models.classifiers.subcell.catalogue import PublishedSubCell

_NUMBERED = re.compile(r"classifier_s(\d{1,3})\.pth")


def find_files(published: PublishedSubCell, folder: Path) -> tuple[Path, list[Path]]:
    """Find encoder and classifier files of a network in a folder, or in a checkout of SubCellPortable.

    They may be called as that program has them (``encoder.pth``; ``classifier_s0.pth`` and so on, or
    ``classifier.pth``), or as they are published.

    Returns
    -------
    encoder, heads
        The encoder's file, and one or more classifier files in order.

    Raises
    ------
    InputError
        There is no such folder, a file is missing, or it is not clear which classifier files are meant.
    """
    if not folder.is_dir():
        raise InputError(
            found="no such folder",
            where=folder,
            expected="a folder with SubCell's published files",
            advice="give the folder that has encoder.pth",
        )
    places = [folder / place for place in _list_places(published)]
    encoders = [path for place in places if (path := _first(place, published.encoder_names))]
    if not encoders:
        raise InputError(
            found="no encoder.pth",
            where=folder,
            expected=f"the published files of {published.name}: {' or '.join(published.encoder_names)}, and "
            "classifier_s0.pth or classifier.pth",
            advice="copy them there from a machine that has them (docs/subcell.md)",
        )
    encoder = encoders[0]
    return encoder, _find_heads(published, encoder.parent)


def _list_places(published: PublishedSubCell) -> list[str]:
    below = f"{published.name.channel_set}/{published.folder}"
    return [f"models/{below}", below, "."]


def _find_heads(published: PublishedSubCell, folder: Path) -> list[Path]:
    numbered = {int(found[1]): path for path in folder.iterdir() if (found := _NUMBERED.fullmatch(path.name))}
    single = _first(folder, ("classifier.pth", *(PurePosixPath(head).name for head in published.heads)))
    if numbered and single:
        raise InputError(
            found=f"both {single.name} and {numbered[min(numbered)].name}",
            where=folder,
            expected=f"the classifier files of {published.name} alone",
            advice="move those of another network elsewhere",
        )
    heads = [numbered[number] for number in sorted(numbered)] or ([single] if single else [])
    if not heads or (numbered and sorted(numbered) != list(range(len(numbered)))):
        lacking = next(number for number in range(len(numbered) + 1) if number not in numbered)
        raise InputError(
            found=f"no classifier_s{lacking}.pth",
            where=folder,
            expected="classifier_s0.pth, classifier_s1.pth and so on, or classifier.pth, beside the encoder",
            advice="copy all classifier files of the network there",
        )
    return heads


def _first(folder: Path, names: Iterable[str]) -> Path | None:
    return next((folder / name for name in names if (folder / name).is_file()), None)
