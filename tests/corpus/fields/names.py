"""Files and folders with odd names, links, and channels that do not belong together."""

import os
import shutil
from collections.abc import Callable
from pathlib import Path

import cv2
import numpy as np
import tifffile

from tests.corpus.case import Case, Place
from tests.corpus.fields.field_case import odd_field
from tests.corpus.stock import PLANES, SEGMENT, write_field

Spoil = Callable[[Path], object]


def renamed(name: str | bytes, pattern: str = "{}_{}.png") -> Spoil:
    """Return what renames the files of the odd field."""

    def spoil(images: Path) -> None:
        for channel in PLANES:
            text = pattern.format(os.fsdecode(name), channel)
            (images / f"odd_{channel}.png").rename(images / text)

    return spoil


def blue(change: Callable[[Path], object]) -> Spoil:
    """Return what removes the blue file of the odd field, and puts something else in its place."""

    def spoil(images: Path) -> None:
        path = images / "odd_blue.png"
        path.unlink()
        change(path)

    return spoil


def plane_of(channel: str, plane: np.ndarray) -> Spoil:
    return lambda images: cv2.imwrite(str(images / f"odd_{channel}.png"), plane)


def every_plane(change: Callable[[np.ndarray], np.ndarray]) -> Spoil:
    def spoil(images: Path) -> None:
        for channel, plane in PLANES.items():
            cv2.imwrite(str(images / f"odd_{channel}.png"), change(plane))

    return spoil


def rename_channel(channel: str, name: str) -> Spoil:
    return lambda images: (images / f"odd_{channel}.png").rename(images / name)


def second_blue(images: Path) -> None:
    tifffile.imwrite(images / "odd_blue.tif", PLANES["red"])


def loop_of_folders(images: Path) -> None:
    (images / "deeper").mkdir()
    (images / "deeper" / "up").symlink_to(images, target_is_directory=True)


def linked_files(images: Path) -> None:
    elsewhere = images.parent / "elsewhere"
    elsewhere.mkdir()
    for path in images.glob("odd_*.png"):
        shutil.move(path, elsewhere / path.name)
        path.symlink_to(elsewhere / path.name)


def in_sub_folder(name: str) -> Spoil:
    def spoil(images: Path) -> None:
        (images / name).mkdir()
        for path in images.glob("odd_*.png"):
            path.rename(images / name / path.name)

    return spoil


def litter(images: Path) -> None:
    (images / "notes.txt").write_text("about the images")
    (images / "Thumbs.db").write_bytes(bytes(100))
    (images / ".odd_blue.png.part").write_bytes(bytes(100))
    (images / "._odd_blue.png").write_bytes(bytes(100))
    (images / "sub" / "deeper").mkdir(parents=True)


def whole_folder(name: str, make: Callable[[Path], object], told: str) -> Case:
    """Return a case of a folder of images that is refused as a whole."""

    def command(place: Place) -> list[object]:
        return ["segment", place.inputs / "images", "--work", place.work, *SEGMENT]

    return Case(name, lambda place: make(place.inputs / "images"), command, told)


def write_text_alone(folder: Path) -> None:
    folder.mkdir()
    (folder / "readme.txt").write_text("no image")


DAMAGED = [
    odd_field(
        "red is missing", lambda images: (images / "odd_red.png").unlink(), "field odd in .*: no red channel"
    ),
    odd_field("blue is missing", blue(lambda _: None), "field odd in .*: no blue channel"),
    odd_field(
        "blue is larger than red",
        plane_of("blue", np.zeros((256, 128), np.uint8)),
        "field odd: blue is 128 x 256 px but red is 128 x 128 px",
    ),
    odd_field(
        "blue is turned by 90 degrees",
        blue(lambda path: cv2.imwrite(str(path), PLANES["blue"][:100].T)),
        "field odd: blue is 100 x 128 px but red is 128 x 128 px",
    ),
    odd_field("all channels of 1 px", every_plane(lambda plane: plane[:1, :1]), blank=True),
    odd_field("all channels of one row", every_plane(lambda plane: plane[:1]), blank=True),
    odd_field("all channels black", every_plane(lambda plane: plane * 0), blank=True),
    odd_field("all channels white", every_plane(lambda plane: plane * 0 + 255), blank=True),
    odd_field("all channels of one grey", every_plane(lambda plane: plane * 0 + 77), blank=True),
    odd_field("blue is a folder", blue(lambda path: path.mkdir()), r"odd_blue\.png: a folder"),
    odd_field(
        "blue is a dangling link",
        blue(lambda path: path.symlink_to("gone.png")),
        r"odd_blue\.png: a link to a file that is not there",
    ),
    odd_field(
        "blue is a link to itself",
        blue(lambda path: path.symlink_to(path.name)),
        r"odd_blue\.png: a link to a file that is not there",
    ),
    odd_field("blue is a named pipe", blue(os.mkfifo), r"odd_blue\.png: a pipe, socket or device"),
    odd_field(
        "blue is a link to a device",
        blue(lambda path: path.symlink_to("/dev/null")),
        r"odd_blue\.png: a pipe, socket or device",
    ),
    odd_field(
        "blue twice, with other pixels",
        second_blue,
        r"field odd: two blue files: odd_blue\.png and odd_blue\.tif",
    ),
    odd_field("a folder that links to itself", loop_of_folders),
    odd_field("linked files", linked_files),
    odd_field("other files beside", litter),
]

NAMES = [
    odd_field("channel in capitals", rename_channel("blue", "odd_BLUE.PNG")),
    odd_field(
        "ID in capitals in one channel",
        rename_channel("blue", "ODD_blue.png"),
        "ODD and odd: two fields of the name odd",
        causes=2,
    ),
    odd_field("ID with blanks", renamed("odd one"), ids=["odd one"]),
    odd_field("ID that ends in a blank", renamed("odd "), ids=["odd "]),
    odd_field("ID with quotes", renamed("o'd\"d"), ids=["o'd\"d"]),
    odd_field("ID with a newline", renamed("o\ndd"), ids=["o%0Add"]),
    odd_field("ID with a tab", renamed("o\tdd"), ids=["o%09dd"]),
    odd_field("ID with percent", renamed("100%odd%s"), ids=["100%odd%s"]),
    odd_field("ID with braces", renamed("{odd}", "{}_{}.png"), ids=["{odd}"]),
    odd_field("ID of two dots", renamed(".."), ids=[]),
    odd_field("ID with two dots", renamed("a..odd"), ids=["a..odd"]),
    odd_field("ID with a leading dash", renamed("--odd"), ids=["--odd"]),
    odd_field("ID of a pattern", renamed("[o]dd*?"), ids=["[o]dd*?"]),
    odd_field("ID with a backslash", renamed("o\\dd"), ids=["o\\dd"]),
    odd_field("ID of markup", renamed("<b>odd&amp;"), ids=["<b>odd&amp;"]),
    odd_field("ID of a formula", renamed("=1+1"), ids=["=1+1"]),
    odd_field("ID with accents and signs", renamed("ödd_µ 細胞 😀"), ids=["ödd_µ 細胞 😀"]),
    odd_field("ID of 200 bytes", renamed("o" * 200), ids=["o" * 200]),
    odd_field("ID of 240 bytes", renamed("o" * 240), "an ID of 240 bytes"),
    odd_field("ID that is not UTF-8", renamed(b"odd\xb5"), ids=["odd%B5"]),
    odd_field("no ID", renamed("", "{}_{}.png"), ids=[]),
    odd_field("no ID, no underscore", renamed("", "{}{}.png"), ids=[]),
    odd_field("endings twice", renamed("odd", "{}_{}.png.png"), ids=[]),
    odd_field("in a folder with blanks and quotes", in_sub_folder("plate 'A' \"1\"")),
    odd_field("in a folder named like an image", in_sub_folder("plate.png")),
    odd_field("in a hidden folder", in_sub_folder(".hidden"), ids=[]),
]

FOLDERS = [
    whole_folder("folder: missing", lambda folder: None, "images: no such folder"),
    whole_folder(
        "folder: empty", Path.mkdir, "images: no field found; there are no images, and 0 other files"
    ),
    whole_folder(
        "folder: a file",
        lambda folder: folder.write_bytes(b"no folder"),
        r"images: no list of images \(line 1: no folder\)",
    ),
    whole_folder(
        "folder: text alone",
        write_text_alone,
        "images: no field found; there are no images, and 1 other files",
    ),
    whole_folder(
        "folder: a link to itself", lambda folder: folder.symlink_to(folder), "images: no such folder"
    ),
    whole_folder(
        "folder: one channel alone",
        lambda folder: (
            write_field(folder, "odd"),
            [(folder / f"odd_{c}.png").unlink() for c in ("red", "green", "yellow")],
        ),
        "fields to segment: only the channels blue",
    ),
]

CASES: list[Case] = [*DAMAGED, *NAMES, *FOLDERS]
