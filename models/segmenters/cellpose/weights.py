"""The user's files of cellpose's weights: checked, kept as plain state dicts, and found again."""

import logging
from collections.abc import Mapping
from pathlib import Path

import torch
from torch import Tensor

from data.atomic import atomic_write
from data.errors import InputError
from data.file_hash import hash_file
from data.pickles.printable import printable
from models.finite_weights import check_finite
from models.segmenters.cellpose.layout import DIAMETER_PX, check_layout, expected_shapes
from models.segmenters.cellpose.published import PublishedCellpose, find_network, read_published
from models.weights.folder import weights_folder
from models.weights.origin import Origin, write_origin
from models.weights.pickles.reader import StoredTensor, read_network

log = logging.getLogger("hpacells")

SAME_DIAMETER_PX = 0.01
"""Diameters that differ by less are the same."""

PARALLEL = "module."
"""What names begin with that were saved from within ``DataParallel``."""


def stored_path(model: str) -> Path:
    """Return where the checked weights of a network belong, whether they are there or not."""
    return weights_folder() / f"cellpose_{model}.pth"


def find_cellpose_weights(model: str) -> Path | None:
    """Find the checked weights of a network; None where there are none."""
    path = stored_path(model)
    return path if path.is_file() else None


def fetch_cellpose(network: str, folder: Path | None = None) -> Path:
    """Check a published file that the user has, and keep its weights as a plain state dict.

    Nothing is downloaded, and nothing that the file names is run.

    Parameters
    ----------
    network
        Such as ``"cellpose-cyto3"``.
    folder
        Where the published file lies; None is answered by what is kept already.

    Returns
    -------
    Path
        The file that is kept.

    Raises
    ------
    InputError
        There is no such network or file, or the file is refused or has not the entries of the network.
    """
    published = find_network(network)
    if folder is None:
        kept = find_cellpose_weights(published.model)
        if kept is None:
            raise InputError(
                found="hpacells does not download weights of cellpose",
                where=f"weights {network}",
                expected=_describe(published),
                advice=f"put it into a folder DIR and run `hpacells weights fetch {network} --from DIR`",
            )
        return kept
    source = _find_in_folder(published, folder)
    _keep(published, source, stored_path(published.model))
    return stored_path(published.model)


def explain_missing(published: PublishedCellpose) -> InputError:
    """Explain which file is missing, where it is found and where it belongs."""
    return InputError(
        found=f"no weights of cellpose's {published.model}",
        where="segmenter cellpose",
        expected=_describe(published),
        advice=f"put it into a folder DIR and run `hpacells weights fetch {published.network} --from DIR`",
    )


def check_kept(path: Path, model: str) -> None:
    """Check kept weights before cellpose opens them: a state dict of just this network.

    Raises
    ------
    InputError
        The file is refused, damaged, or of another network.
    """
    check_layout(path, {name: tensor.shape for name, tensor in read_network(path).items()}, model)


def _describe(published: PublishedCellpose) -> str:
    return f"the file {published.model} ({published.megabytes} MB) from {published.url}"


def _find_in_folder(published: PublishedCellpose, folder: Path) -> Path:
    if not folder.is_dir():
        raise InputError(
            found="no such folder", where=folder, expected=f"a folder with {_describe(published)}"
        )
    names = (published.model, f"{published.model}.pth", stored_path(published.model).name)
    for name in names:
        if (folder / name).is_file():
            return folder / name
    raise InputError(
        found=f"no file {published.model}",
        where=folder,
        expected=_describe(published),
        advice="copy it there under its own name",
    )


def _keep(published: PublishedCellpose, source: Path, target: Path) -> None:
    state = _read_state(source, published.model)
    with atomic_write(target) as temporary:
        torch.save(state, temporary)
    stat = target.stat()
    origin = Origin(
        str(source.resolve()), "", hash_file(source), "", hash_file(target), stat.st_size, stat.st_mtime_ns
    )
    write_origin(target, origin)
    log.info("%s: taken from %s; licence: %s", published.network, source, published.licence)


def _read_state(source: Path, model: str) -> dict[str, Tensor]:
    tensors = _without_prefix(read_network(source))
    surplus = check_layout(source, {name: tensor.shape for name, tensor in tensors.items()}, model)
    if surplus:
        named = ", ".join(map(printable, surplus[:3]))
        log.warning(
            "%s: %d entries that cellpose's %s does not have are left out, such as %s",
            source,
            len(surplus),
            model,
            named,
        )
    with source.open("rb") as file:
        wanted = expected_shapes(model)
        state = {
            name: torch.from_numpy(tensor.read(file).copy())
            for name, tensor in tensors.items()
            if name in wanted
        }
    check_finite(state, source)
    _check_diameter(source, model, state)
    return state


def _check_diameter(source: Path, model: str, state: Mapping[str, Tensor]) -> None:
    """Refuse a network for objects of another size, which cellpose 3 alone would scale to that."""
    diameter = float(state.get("diam_mean", torch.tensor([DIAMETER_PX])))
    if model == "cyto3" and abs(diameter - DIAMETER_PX) > SAME_DIAMETER_PX:
        raise InputError(
            found=f"a network that was trained on objects scaled to {diameter:g} px",
            where=source,
            expected=f"{DIAMETER_PX} px, as cyto3 was",
            advice=f"take the file {model} that `hpacells weights list` names",
        )


def _without_prefix(tensors: Mapping[str, StoredTensor]) -> dict[str, StoredTensor]:
    return {name.removeprefix(PARALLEL): tensor for name, tensor in tensors.items()}


def present_models(major: int) -> list[str]:
    """Return the networks of a major version of cellpose whose weights are kept, the one to prefer first."""
    return [
        model
        for model, published in read_published().items()
        if published.cellpose == major and find_cellpose_weights(model)
    ]
