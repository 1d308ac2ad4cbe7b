"""The Python blocks of docs/python.md run, one after the other, in one session."""

import re
from collections.abc import Callable
from pathlib import Path

import numpy as np
import pytest

import hpacells as hpa
from models.classifiers.bundled import find_classifier_folder

PAGE = Path(__file__).parents[2] / "docs/python.md"


@pytest.fixture
def folder(run_command: Callable[..., None], tmp_path: Path) -> Path:
    """A folder with the images, the work folder and the truth that the page names."""
    simulated = hpa.simulate_field(seed=5, size=512)
    simulated.write_image(tmp_path / "my_images", "A1")
    work = tmp_path / "work/mine"
    run_command("segment", tmp_path / "my_images", "--work", work, "--segmenter", "lite")
    run_command("crops", tmp_path / "my_images", "--work", work)
    run_command("predict", "--work", work, "--model", find_classifier_folder("simhpa19"))
    run_command("combine", "--work", work)
    masks = hpa.encode_label_image(simulated.cells)
    truth = [
        f"{label} 1 {mask}"
        for labels, mask in zip(simulated.cell_labels, masks, strict=True)
        for label in labels
    ]
    hpa.write_submission(tmp_path / "truth.csv", [hpa.SubmissionRow("A1", 512, 512, " ".join(truth))])
    return tmp_path


def read_blocks() -> list[tuple[int, str]]:
    """Return the line in the page and the source of each Python block."""
    text = PAGE.read_text()
    blocks = re.finditer(r"^```python\n(.*?)^```$", text, re.DOTALL | re.MULTILINE)
    return [(text[: block.start(1)].count("\n"), block[1]) for block in blocks]


def test_the_session_runs(folder: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.chdir(folder)
    blocks = read_blocks()
    assert len(blocks) >= 6
    session: dict[str, object] = {}
    after_block = []
    for line, source in blocks:
        exec(compile("\n" * line + source, PAGE, "exec"), session)  # noqa: S102
        after_block.append(dict(session))
    first = after_block[0]
    assert first["found"].count > 1
    assert list(first["table"]["cell_id"]) == list(first["tiles"].table.query("dropped == ''")["cell_id"])
    assert hpa.open_work("work/mine").predictions().equals(first["table"])
    assert first["table"].columns.tolist() == [
        *("image_id", "cell_id"),
        *(f"p_{label}" for label in range(19)),
        "labels",
    ]
    assert session["everything"].equals(first["table"])
    assert session["some"].shape == (min(5, len(first["tiles"])), 2, 256, 256)
    assert 0 <= session["result"].map <= 1
    assert np.array_equal(session["mask"], session["found"].cells == 1)
    assert set(session["likeliest"]) <= set(hpa.CLASS_NAMES)


def test_every_public_function_is_on_the_page() -> None:
    text = PAGE.read_text()
    functions = [name for name in hpa.__all__ if name.islower() and not name.startswith("_")]
    assert [name for name in functions if name not in text] == []
