"""A headless Chromium that opens reports from disk, and notes what goes wrong in it."""

import base64
import shutil
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

import numpy as np
import pytest
from numpy.typing import NDArray

_NAMES = ("chromium", "chromium-browser", "google-chrome")

_IS_SHOWN = """() => {
    const { view, parts } = hpacells.readAddress();
    return document.getElementById("main").dataset.shows === hpacells.link(view, parts);
}"""


class ReportPage:
    """A page that shows a report.

    Parameters
    ----------
    page
        Of playwright.
    report
        Folder of the report.

    Attributes
    ----------
    page
        As given.
    problems
        Errors of the console and of scripts, and requests for anything but the report's own files.
    """

    def __init__(self, page: Any, report: Path) -> None:
        self.page, self._report, self.problems = page, report, list[str]()
        page.on("console", lambda message: self._note(_is_problem(message), message.text))
        page.on("pageerror", lambda error: self._note(True, str(error)))
        own = (report.resolve().as_uri(), "data:", f"blob:{report.resolve().as_uri()[:5]}", "blob:null")
        page.on("request", lambda request: self._note(not request.url.startswith(own), request.url))

    def _note(self, is_problem: bool, text: str) -> None:
        if is_problem:
            self.problems.append(text)

    def open(self, view: str = "") -> None:
        """Open a view anew, as from an address that was sent, and wait until it is there."""
        self.page.goto("about:blank")
        self.page.goto(f"{self._report.resolve().as_uri()}/index.html{view}")
        self.settle()

    def settle(self) -> None:
        """Wait until the view that the address names is there.

        A new address comes before its event, and so before its view: until then, the view of the
        address before it stands there, whole.
        """
        self.page.wait_for_function(_IS_SHOWN)
        self.page.wait_for_selector("main[aria-busy=false] h1")

    def follow(self, address: str) -> None:
        """Wait until the address behind the # begins so, and its view is there."""
        self.page.wait_for_function("start => location.hash.startsWith(start)", arg=address)
        self.settle()

    @property
    def heading(self) -> str:
        """The heading of the view."""
        return self.page.inner_text("main h1")

    @property
    def address(self) -> str:
        """What is behind the # of the address."""
        return self.page.evaluate("location.hash")

    def pixels(self, selector: str) -> NDArray[np.uint8]:
        """Return the pixels of a canvas, (H, W, 4)."""
        width, height, data = self.page.evaluate(
            """selector => {
                const canvas = document.querySelector(selector);
                const data = canvas.getContext("2d").getImageData(0, 0, canvas.width, canvas.height).data;
                let text = "";
                for (let start = 0; start < data.length; start += 8192)
                    text += String.fromCharCode(...data.subarray(start, start + 8192));
                return [canvas.width, canvas.height, btoa(text)];
            }""",
            selector,
        )
        return np.frombuffer(base64.b64decode(data), np.uint8).reshape(height, width, 4)


def _is_problem(message: Any) -> bool:
    # That canvases are read often is the tests' doing.
    return message.type in ("error", "warning") and "willReadFrequently" not in message.text


@contextmanager
def open_browser() -> Iterator[Any]:
    """Start a headless Chromium; the test is skipped where there is none, or no playwright."""
    playwright = pytest.importorskip("playwright.sync_api", reason="playwright is not installed")
    program = next(filter(None, map(shutil.which, _NAMES)), None)
    if program is None:
        pytest.skip("no Chromium is installed")
    with playwright.sync_playwright() as started:
        # A container's root may not start its sandbox.
        browser = started.chromium.launch(executable_path=program, args=["--no-sandbox"])
        yield browser
        browser.close()
