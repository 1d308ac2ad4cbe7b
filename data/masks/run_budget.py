"""How many run lengths the masks of an image and a file may have, so that small files cost no gigabytes."""

from data.masks.mask_error import MaskError

MAX_IMAGE_RUNS = 2**25
"""Run lengths of all masks of an image, which take 256 MB: a thousand times as many as 100 cells have."""

MAX_FILE_RUNS, RUNS_PER_CHARACTER = 2**28, 16
"""Run lengths of all masks of a file, beyond so many for each character of its masks: 80 times as many as
1,776 images of 20 cells have."""


class RunBudget:
    """Count the run lengths that the masks of a file unpack to, image by image."""

    def __init__(self) -> None:
        self._image = self._file = self._characters = 0
        self.exhausted = False
        """Whether the masks of the file as a whole are more than any cells have."""

    def begin_image(self) -> None:
        """Begin with the next image."""
        self._image = 0

    def spend(self, runs: int, characters: int, where: object) -> None:
        """Count the run lengths of one more mask, or the bytes of one that could not be read.

        Raises
        ------
        MaskError
            The masks of this image, or of the file, are more than any cells have.
        """
        self._image += runs
        self._file += runs
        self._characters += characters
        self.exhausted = self._file > MAX_FILE_RUNS + RUNS_PER_CHARACTER * self._characters
        if self.exhausted or self._image > MAX_IMAGE_RUNS:
            scope = "file" if self.exhausted else "image"
            raise MaskError(
                found=f"with this mask, those of the {scope} unpack to far more run lengths than cells have",
                where=where,
                expected=f"at most {MAX_IMAGE_RUNS} in an image, {MAX_FILE_RUNS} in a file",
                fault="bomb",
            )
