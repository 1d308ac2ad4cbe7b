"""A target for atheris, an optional package: `python -m tests.data.submission.fuzz_submission`.

Whatever the file, the check has to come to its end, and the reader has to return a submission or refuse it.
`pip install atheris` first; `-max_total_time=60` and other options of libFuzzer may follow.
"""

import sys
import tempfile
from contextlib import suppress
from pathlib import Path

import atheris

with atheris.instrument_imports(include=["data"]):
    from data.errors import InputError
    from data.masks.rle import decode_mask
    from data.predictions.submission import read_submission
    from data.submission.file_check import check_submission
    from data.submission.problem import KINDS

HEADER = b"ID,ImageWidth,ImageHeight,PredictionString\n"
FOLDER = Path(tempfile.mkdtemp())


def run_once(content: bytes) -> None:
    """Check, read and decode one file; half of them begin with the header."""
    path = FOLDER / "submission.csv"
    path.write_bytes(content[1:] if content[:1] < b"\x20" else HEADER + content)
    with suppress(InputError):
        assert set(check_submission(path).problems.counts) <= set(KINDS)
    with suppress(InputError):
        read_submission(path)
    with suppress(InputError, UnicodeDecodeError):
        decode_mask(content.decode(), 48, 64)


if __name__ == "__main__":
    atheris.Setup(sys.argv, run_once)
    atheris.Fuzz()
