"""Fetching SubCell's published weights, from the network or from a folder, and converting them."""

import logging
from collections.abc import Sequence
from contextlib import ExitStack
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import Any

from data.errors import InputError
from data.file_hash import hash_file
from models.classifiers.backbones.subcell.names import (
    TRAININGS,
    SubCellName,
    find_training,
    list_names,
    parse_name,
)
from models.classifiers.backbones.subcell.store import is_fetched, subcell_folder
from models.classifiers.model_folder import read_classifier, read_training
from models.classifiers.subcell.catalogue import PublishedSubCell, find_published, read_fact
from models.classifiers.subcell.convert import convert_subcell
from models.classifiers.subcell.folder_files import find_files
from models.classifiers.subcell.server_file import ServerFile, ask_server, download
from models.weights.folder import weights_folder
from models.weights.network_errors import network_errors
from models.weights.progress import Track, show_nothing

log = logging.getLogger("hpacells")


def find_name(network: str, training: str | None = None) -> SubCellName:
    """Return which published weights a network's name and a training mean.

    Raises
    ------
    InputError
        There are none, or the name leaves the channel set open, or it has another training.
    """
    parsed = parse_name(network)
    if parsed is None or parsed.channel_set is None:
        raise InputError(
            found=f"no network {network!r} with published weights",
            where="weights",
            expected=f"dpn-unet, or one of {', '.join(map(str, list_names()))}",
        )
    chosen = find_training(training)
    if training is None or chosen == parsed.training:
        return parsed
    if chosen is None or not network.endswith(parsed.channel_set):
        raise InputError(
            found=f"the training {training!r} of {network}",
            where="weights",
            expected=" or ".join(TRAININGS),
        )
    return SubCellName(parsed.channel_set, chosen)


def fetch_subcell(
    name: SubCellName,
    source_folder: Path | None = None,
    *,
    source_url: str | None = None,
    track: Track = show_nothing,
    pause_s: float = 1.0,
) -> Path:
    """Put the classifier of published weights into the store.

    From the network, what is there already is left as it is. From a folder, it is converted again where the
    folder's files are others than those that it was made of.

    Parameters
    ----------
    name
        Which weights; with a channel set.
    source_folder
        Folder with the published files, to use instead of the network.
    source_url
        Where they are published; None for the known place.
    track
        Shows the progress of a download.
    pause_s
        Seconds before a download that was cut is resumed; longer after each fruitless attempt.

    Returns
    -------
    Path
        The folder of the classifier.

    Raises
    ------
    InputError
        Where the network, the folder or a file is not as it should be.
    """
    folder, published = subcell_folder(name), find_published(name)
    if source_folder is not None:
        encoder, heads = find_files(published, source_folder)
        hashes = {path.name: hash_file(path) for path in (encoder, *heads)}
        if is_fetched(name) and read_training(folder).get("sha256") == hashes:
            log.info("%s: there already, made of these files", name)
            return folder
        _convert(published, encoder, heads, str(encoder.parent.resolve()), hashes)
    elif not is_fetched(name):
        _fetch(published, source_url or read_fact("source"), track, pause_s)
    return folder


def _fetch(published: PublishedSubCell, source_url: str, track: Track, pause_s: float) -> None:
    paths = (published.encoder, *published.heads)
    command = f"hpacells weights fetch {published.name} --from DIR"
    weights_folder().mkdir(parents=True, exist_ok=True)
    with ExitStack() as temporary:
        with network_errors(", ".join(paths), source_url, command):
            asked = [ask_server(f"{source_url}/{path}") for path in paths]
            files = [_download(file, track, pause_s) for file in asked]
        for file in files:
            temporary.callback(file.unlink, missing_ok=True)
        hashes = {path.name: hash_file(path) for path in files}
        _convert(published, files[0], files[1:], source_url, hashes, asked)


def _download(file: ServerFile, track: Track, pause_s: float) -> Path:
    with track(file.url.rpartition("/")[2], file.size) as show:
        return download(file, weights_folder(), show, pause_s)


def _convert(
    published: PublishedSubCell,
    encoder: Path,
    heads: Sequence[Path],
    source: str,
    hashes: dict[str, str],
    asked: Sequence[ServerFile] = (),
) -> None:
    name = published.name
    record: dict[str, Any] = {
        "network": str(name),
        "training": name.training,
        "source": source,
        "licence": read_fact("licence"),
        "sha256": hashes,
        "compared": [file.url.rpartition("/")[2] for file in asked if file.checksum],
    }
    with TemporaryDirectory(dir=_make_folder(), prefix=f".{name}-") as temporary:
        # Read as it will be, before anything of an earlier conversion is replaced.
        made = Path(temporary) / str(name)
        convert_subcell(name, encoder, heads, made, record)
        read_classifier(made)
        folder = subcell_folder(name)
        folder.mkdir(exist_ok=True)
        for file in ("model.toml", "model.safetensors"):
            (folder / file).unlink(missing_ok=True)
        for file in ("model.safetensors", "model.toml"):
            (made / file).replace(folder / file)
    _warn_of_others(name, hashes[encoder.name])
    many = f"{len(heads)} classifier files" if len(heads) > 1 else "one classifier file"
    log.info("%s: from %s, the encoder and %s", name, source, many)
    if published.averages_two_heads and len(heads) == 1:
        log.warning(
            "%s: its probabilities are those of one classifier file, where SubCellPortable of 2024-10 "
            "averages two; for the same, put encoder.pth, classifier_s0.pth and classifier_s1.pth into a "
            "folder DIR and run `hpacells weights fetch %s --from DIR`",
            name,
            name,
        )


def _make_folder() -> Path:
    weights_folder().mkdir(parents=True, exist_ok=True)
    return weights_folder()


def _warn_of_others(name: SubCellName, sha256: str) -> None:
    """Warn where another network has the same encoder: with as many channels, nothing else would show it."""
    for other in list_names():
        known = read_training(subcell_folder(other)).get("sha256", {}) if is_fetched(other) else {}
        if other != name and sha256 in known.values():
            log.warning("%s: its encoder is the same file as that of %s; is it the right one?", name, other)
