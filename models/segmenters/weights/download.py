"""Fetching published weights, from the network or from a folder, and converting them into the store."""

import logging
from collections.abc import Iterable
from contextlib import AbstractContextManager
from pathlib import Path

from data.errors import InputError
from data.file_hash import hash_file
from models.segmenters.weights.catalogue import PublishedWeights, find_published
from models.segmenters.weights.convert import convert, copy_converted
from models.segmenters.weights.store import converted_path, find_weights
from models.segmenters.weights.zenodo import API_URL, RecordFile, read_record
from models.weights.folder import weights_folder
from models.weights.network_errors import network_errors
from models.weights.origin import Origin, write_origin
from models.weights.progress import Track, show_nothing
from models.weights.resumed_download import ResumedDownload
from models.weights.retrieve import retrieve

log = logging.getLogger("hpacells")


def fetch(
    names: Iterable[str],
    source_folder: Path | None = None,
    *,
    api_url: str = API_URL,
    track: Track = show_nothing,
    pause_s: float = 1.0,
) -> list[Path]:
    """Put converted weights into the store; what is there already is left as it is.

    A published file is downloaded to a ``.part`` file that the next attempt goes on with, compared with the
    size and checksum of the record, converted, and removed. Proxies are taken from ``HTTPS_PROXY``,
    ``HTTP_PROXY`` and ``NO_PROXY``.

    Parameters
    ----------
    names
        Names of the catalogue.
    source_folder
        Folder with published (``.pth``) or converted (``.safetensors``) files to use instead of the network.
    api_url
        Where Zenodo's interface answers.
    track
        Shows the progress of a download.
    pause_s
        Seconds before a download that was cut is resumed; longer after each fruitless attempt.

    Returns
    -------
    list of Path
        The converted files, in the order of the names.

    Raises
    ------
    InputError
        Where the network, the record, a checksum, the folder or a file in it is not as it should be.
    """
    wanted = [find_published(name) for name in names]
    missing = [published for published in wanted if find_weights(published.name) is None]
    if source_folder is not None:
        _take_from_folder(missing, source_folder)
    elif missing:
        with _network_errors(missing):
            files = read_record(missing[0].record, api_url)
        for published in missing:
            _download(published, files, track, pause_s)
    return [path for published in wanted if (path := find_weights(published.name))]


def _take_from_folder(wanted: list[PublishedWeights], folder: Path) -> None:
    if not folder.is_dir():
        raise InputError(found="no such folder", where=folder, expected="a folder with published weights")
    sources = {published.name: _find_in_folder(published, folder) for published in wanted}
    absent = [published.file for published in wanted if sources[published.name] is None]
    if wanted and len(absent) == len(wanted):
        raise InputError(
            found="no published weights",
            where=folder,
            expected=" and ".join(absent),
            advice=f"take them from https://doi.org/{wanted[0].doi}",
        )
    for published in wanted:
        source, target = sources[published.name], converted_path(published.name)
        if source is None:
            log.warning("%s: no %s in %s; left out", published.name, published.file, folder)
            continue
        make = copy_converted if source.suffix == ".safetensors" else convert
        make(source, target)
        _note_origin(target, source=str(source.resolve()), sha256=hash_file(source))
        log.info("%s: taken from %s", published.name, source)


def _find_in_folder(published: PublishedWeights, folder: Path) -> Path | None:
    candidates = [
        folder / published.file,
        folder / f"{published.name}.safetensors",
        (folder / published.file).with_suffix(".safetensors"),
    ]
    return next((path for path in candidates if path.is_file()), None)


def _download(
    published: PublishedWeights, files: dict[str, RecordFile], track: Track, pause_s: float
) -> None:
    if published.file not in files:
        raise InputError(
            found=f"no {published.file} in the record",
            where=f"https://doi.org/{published.doi}",
            expected=" or ".join(files),
        )
    file = files[published.file]
    folder = weights_folder()
    # Named by its checksum, so that the part of another version is never continued.
    part = folder / f".{published.file}.{file.checksum.rpartition(':')[2]}.part"
    with track(published.name, file.size) as show, _network_errors([published]):
        downloader = ResumedDownload(part, file.size, show, pause_s)
        downloaded = retrieve(file.url, file.checksum, published.file, folder, downloader)
    sha256 = hash_file(downloaded)
    target = converted_path(published.name)
    convert(downloaded, target)
    _note_origin(target, file.url, sha256, file.checksum, file.licence)
    downloaded.unlink()
    log.info("%s: fetched, licence %s", published.name, file.licence or "not stated in the record")


def _note_origin(target: Path, source: str, sha256: str, checksum: str = "", licence: str = "") -> None:
    state = target.stat()
    origin = Origin(source, checksum, sha256, licence, hash_file(target), state.st_size, state.st_mtime_ns)
    write_origin(target, origin)


def _network_errors(wanted: list[PublishedWeights]) -> AbstractContextManager[None]:
    return network_errors(
        ", ".join(published.file for published in wanted),
        f"https://doi.org/{wanted[0].doi}",
        f"hpacells weights fetch {wanted[0].network} --from DIR",
    )
