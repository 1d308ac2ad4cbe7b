"""What to type where no file of a folder has the name of a channel."""

from collections.abc import Sequence

from data.channels import CHANNELS
from data.errors import InputError
from data.fields.naming.channel_patterns import ChannelPatterns, example_order, parse_channels
from data.fields.naming.folder_listing import FolderListing, ListedFile
from data.fields.naming.presets import PRESETS
from data.text.readable_text import readable_line

SHOWN = 4
"""Names of files that a message shows."""


def explain_no_field(listing: FolderListing, where: object, patterns: ChannelPatterns | None) -> InputError:
    """Return the error of a folder without fields: the names in it, and the option that would fit them."""
    names = [readable_line(file.path.name) for file in listing.files[:SHOWN]]
    more = f" and {len(listing.files) - SHOWN} more" if len(listing.files) > SHOWN else ""
    found = "no field found; "
    if names:
        found += f"the images are {', '.join(names)}{more}"
    else:
        found += f"there are no images, and {listing.others} other files"
    expected = (
        "files <ID>_red.png _green.png _blue.png _yellow.png (or .tif, .tif.gz, .ome.tif, .jpg), or files of "
        "several channels (OME-TIFF, OME-Zarr, .czi, .lif, .nd2, .oir)"
    )
    if patterns is not None and not patterns.preset:
        asked = ", ".join(f"{channel}={pattern.text}" for channel, pattern in patterns.patterns)
        expected = f"names as in {asked}"
    return InputError(found=found, where=where, expected=expected, advice=_advise(listing.files))


def _advise(files: Sequence[ListedFile]) -> str:
    for preset in PRESETS.values():
        text = example_order(preset) if preset.numbered else preset.name
        matches = [parse_channels(text).match(file) for file in files]
        channels = {match.channel for match in matches if match is not None}
        if len(channels) >= 2:
            order = ", with the stains in the order of their numbers" if preset.numbered else ""
            return f"these are names of {preset.source}: give --channels {text}{order}"
    if not files:
        return "check the folder"
    return "say which files are which stain, such as --channels " + ",".join(
        f"'{channel}=*_ch{number:02d}.tif'" for number, channel in enumerate(CHANNELS)
    ).replace("','", ",")
