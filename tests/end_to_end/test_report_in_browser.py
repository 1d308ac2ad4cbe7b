"""The report in a browser, opened from disk: looking, choosing, correcting, training with corrections."""

import csv
import json
import os
import shutil
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import cv2
import numpy as np
import pytest

from data.file_hash import hash_file
from data.images.grey_levels import to_uint8
from data.labels.label_file import write_labels
from tests.factories.command_line import run_here
from tests.factories.report.browser import ReportPage, open_browser
from tests.factories.report.data import read_data, read_fields
from tests.factories.simulated_set import simulate_into

FAST = ("--set", "segment.segmenter=classical", "--set", "inspect.pictures=png")


@pytest.fixture(scope="module")
def images(tmp_path_factory: pytest.TempPathFactory) -> Path:
    folder = tmp_path_factory.mktemp("images") / "images"
    simulate_into(folder, fields=3, size=600, seed=11)
    return folder


@pytest.fixture(scope="module")
def work(images: Path) -> Path:
    work = images.with_name("a work #folder?")
    run_here("run", images, "--work", work, *FAST)
    given = ("--labels", images / "train.csv", "--queue", "rare", *FAST[2:])
    run_here("inspect", "--work", work, *given)
    return work


@pytest.fixture(scope="module")
def browser() -> Iterator[Any]:
    with open_browser() as browser:
        yield browser


@pytest.fixture
def report(browser: Any, work: Path) -> Iterator[ReportPage]:
    """A page of the report; whatever the test does, nothing goes wrong and nothing leaves the disk."""
    context = browser.new_context(viewport={"width": 1280, "height": 800}, accept_downloads=True)
    shown = ReportPage(context.new_page(), work / "report")
    yield shown
    assert shown.problems == []
    context.close()


def first_cells(work: Path) -> tuple[str, list[dict[str, Any]]]:
    """Return the ID and the cells of the field with most cells."""
    fields = read_fields(work / "report")
    image_id = max(fields, key=lambda name: len(fields[name]["cells"]))
    return image_id, fields[image_id]["cells"]


def test_the_channels_are_mixed_as_in_any_program(report: ReportPage, images: Path, work: Path) -> None:
    image_id, _ = first_cells(work)
    report.open(f"#field/{image_id}")
    channels = {channel["name"]: channel for channel in read_fields(work / "report")[image_id]["channels"]}
    expected = np.zeros((600, 600, 3))
    for number, name in enumerate(("red", "green", "blue")):
        plane = cv2.imread(str(images / f"{image_id}_{name}.png"), cv2.IMREAD_UNCHANGED)
        plane = to_uint8(plane).astype(float)
        black, white = channels[name]["black"], channels[name]["white"]
        expected[..., number] = 255 * np.clip((plane - black) / (white - black), 0, 1)
    np.testing.assert_allclose(report.pixels(".frame canvas")[..., :3], expected, atol=2)
    report.page.keyboard.press("2")
    expected[..., 1] = 0
    report.page.wait_for_timeout(100)
    np.testing.assert_allclose(report.pixels(".frame canvas")[..., :3], expected, atol=2)
    report.page.fill("input[name=blue-colour]", "#00ff00")
    expected[..., 1], expected[..., 2] = expected[..., 2], 0
    report.page.wait_for_timeout(100)
    np.testing.assert_allclose(report.pixels(".frame canvas")[..., :3], expected, atol=2)
    report.page.evaluate(
        """() => {
            const slider = document.querySelector("input[name=red-white]");
            slider.value = slider.max;
            slider.dispatchEvent(new Event("input", {bubbles: true}));
        }"""
    )
    report.page.wait_for_timeout(100)
    dimmer = report.pixels(".frame canvas")
    assert dimmer[..., 0].mean() < expected[..., 0].mean()
    # The state lies in the address.
    address = report.address
    report.open(address)
    np.testing.assert_array_equal(report.pixels(".frame canvas"), dimmer)


def test_fields_are_searched_filtered_and_sorted(report: ReportPage, work: Path) -> None:
    report.open()
    assert report.page.inner_text(".count") == "3 fields"
    fields = read_fields(work / "report")
    image_id = list(fields)[1]
    report.page.fill("input[name=q]", image_id[-3:])
    assert report.page.inner_text(".count") == "1 of 3 fields"
    assert image_id in report.page.inner_text("main .card")
    label = next(label for field in fields.values() for label, _, _ in field["classes"])
    having = [name for name, field in fields.items() if any(one == label for one, _, _ in field["classes"])]
    report.open(f"#fields?class={label}&sort=confidence")
    names = report.page.locator("main .card .name").all_inner_texts()
    assert sorted(names) == sorted(having)
    best = [max(p for one, _, p in fields[name]["classes"] if one == label) for name in names]
    assert best == sorted(best, reverse=True)
    out = [name for name, field in fields.items() if field["dropped"]]
    report.page.select_option("select[name=class]", value="")
    report.page.select_option("select[name=out]", value="any")
    assert sorted(report.page.locator("main .card .name").all_inner_texts()) == sorted(out)
    assert "out=any" in report.address
    assert "class" not in report.address


def test_a_cell_is_opened_and_keys_walk_on(report: ReportPage, work: Path) -> None:
    image_id, cells = first_cells(work)
    report.open(f"#field/{image_id}")
    outline = report.page.locator(f".frame polygon[data-n='{cells[0]['n']}']")
    outline.hover(force=True)
    report.page.wait_for_selector(".tip:not([hidden])")
    assert report.page.inner_text(".tip").startswith(f"Cell {cells[0]['n']}")
    outline.click(force=True)
    report.follow(f"#cell/{image_id}/{cells[0]['n']}")
    assert report.page.locator(".pictures canvas").count() == 5
    for cell in cells[1:3]:
        report.page.keyboard.press("ArrowRight")
        report.follow(f"#cell/{image_id}/{cell['n']}")
        assert report.heading == f"{image_id}, cell {cell['n']}"
    report.page.keyboard.press("ArrowLeft")
    report.follow(f"#cell/{image_id}/{cells[1]['n']}")
    report.page.keyboard.press("f")
    report.follow(f"#field/{image_id}")
    assert report.page.locator("polygon.chosen").get_attribute("data-n") == str(cells[1]["n"])
    report.page.keyboard.press("Escape")
    report.follow("#fields")


def test_a_field_is_zoomed_and_moved(report: ReportPage, work: Path) -> None:
    image_id, _ = first_cells(work)
    report.open(f"#field/{image_id}")
    before = report.page.locator(".content").bounding_box()
    report.page.locator(".frame").hover()
    report.page.mouse.wheel(0, -600)
    zoomed = report.page.locator(".content").bounding_box()
    assert zoomed["width"] > 2 * before["width"]
    box = report.page.locator(".frame").bounding_box()
    report.page.mouse.move(box["x"] + 300, box["y"] + 200)
    report.page.mouse.down()
    report.page.mouse.move(box["x"] + 340, box["y"] + 230, steps=4)
    report.page.mouse.up()
    moved = report.page.locator(".content").bounding_box()
    assert moved["x"] - zoomed["x"] == pytest.approx(40, abs=1)
    assert moved["y"] - zoomed["y"] == pytest.approx(30, abs=1)
    report.page.wait_for_function("() => location.hash.includes('at=')")
    report.open(report.address)
    again = report.page.locator(".content").bounding_box()
    assert again == pytest.approx(moved, abs=3)


def test_every_view_opens_and_names_what_it_shows(report: ReportPage, work: Path) -> None:
    image_id, cells = first_cells(work)
    label = cells[-1]["called"][0] if cells[-1]["called"] else 0
    views = [
        ("", "Fields"),
        ("#cells?sort=unsure", "Cells"),
        ("#classes", "Classes"),
        (f"#class/{label}", read_data(work / "report", "data/report")["classes"][label]),
        ("#queue", "To be labelled: All classes, the rarest first"),
        ("#corrections", "Corrections"),
        ("#run", "Run"),
        (f"#field/{image_id}", image_id),
        (f"#cell/{image_id}/{cells[0]['n']}", f"{image_id}, cell {cells[0]['n']}"),
    ]
    for view, heading in views:
        report.open(view)
        assert report.heading == heading
        title = "To be labelled" if view == "#queue" else heading
        assert report.page.title() == f"{title} | hpacells report"
        nameless = report.page.evaluate(
            """() => [...document.querySelectorAll("button, a, input, select, img, canvas, [role=img]")]
                .filter((one) => one.alt === undefined || one.matches("img:not([alt])"))
                .filter((one) => !(one.innerText || one.labels?.length || one.ariaLabel))
                .map((one) => one.outerHTML)"""
        )
        assert nameless == []
    report.open("#field/none")
    assert "This report has no field none" in report.page.inner_text("[role=alert]")


def test_a_number_of_the_confusion_matrix_opens_its_cells(report: ReportPage) -> None:
    report.open("#classes")
    link = report.page.locator(".confusion td a").first
    count = int(link.inner_text())
    link.click()
    report.follow("#cells?")
    assert report.page.locator(".cell-card").count() == count


def test_help_and_focus(report: ReportPage) -> None:
    report.open()
    report.page.keyboard.press("?")
    assert report.page.locator("dialog[open]").count() == 1
    report.page.keyboard.press("Escape")
    report.page.locator("main .card").first.focus()
    report.page.keyboard.press("ArrowRight")
    report.page.keyboard.press("Enter")
    report.follow("#field/")
    assert report.page.evaluate("document.activeElement.className") == "frame"


def mark_cells(report: ReportPage, work: Path) -> list[tuple[str, int]]:
    """Mark four cells by keys: another class twice, right, bad mask; return image and number of them."""
    cells = [
        (image_id, cell["n"])
        for image_id, field in read_fields(work / "report").items()
        for cell in field["cells"]
        if not cell["dropped"]
    ][:4]
    for (image_id, number), keys in zip(cells, ("c", "c", "r", "b"), strict=True):
        report.open(f"#cell/{image_id}/{number}")
        report.page.keyboard.press(keys)
        if keys == "c":
            report.page.get_by_label("Mitotic spindle", exact=True).check()
            report.page.keyboard.press("Enter")
        report.page.wait_for_selector(".now b")
    return cells


def test_marks_are_kept_exported_and_trained_with(
    report: ReportPage, images: Path, work: Path, tmp_path: Path
) -> None:
    cells = mark_cells(report, work)
    report.open("#corrections")
    assert report.page.locator("main tbody tr").count() == 4
    with report.page.expect_download() as download:
        report.page.click("#export")
    corrections = tmp_path / "corrections.csv"
    download.value.save_as(corrections)
    with corrections.open(newline="", encoding="utf-8") as file:
        rows = list(csv.DictReader(file))
    assert [(row["ID"], int(row["Cell"])) for row in rows] == cells
    assert [row["Mark"] for row in rows] == ["class", "class", "right", "mask"]
    assert [row["Label"] for row in rows[:2]] == ["Mitotic spindle"] * 2
    assert rows[2]["Label"] == rows[2]["Predicted"] != ""
    recipe = tmp_path / "recipe.toml"
    recipe.write_text(
        'images = "single"\ndevice = "cpu"\n[tiles]\nsize = 32\n[backbone]\nname = "test_efficientnet"\n'
        'pretrained = "none"\n[fit]\nepochs = 1\n[split]\nfolds = 1\n'
    )
    labels = tmp_path / "labels.csv"
    write_labels(labels, {image_id: [0] for image_id in read_fields(work / "report")})
    command = ("train", "--work", work, "--labels", labels, "--recipe", recipe)
    run_here(*command)
    before = hash_file(work / "model/model.safetensors")
    told = run_here(*command, "--corrections", corrections)
    assert "3 corrected cells, 1 corrected cells left out" in told
    assert hash_file(work / "model/model.safetensors") != before
    manifest = json.loads((work / "train.json").read_text())
    assert manifest["inputs"]["corrections"] == hash_file(corrections)
    assert "done before" in run_here(*command, "--corrections", corrections)


def test_of_five_hundred_fields_only_the_first_are_drawn(browser: Any, work: Path, tmp_path: Path) -> None:
    report = tmp_path / "report"
    shutil.copytree(work / "report", report)
    [entry, *_] = read_data(report, "data/fields_1")
    entries = [entry | {"id": f"field {number}"} for number in range(500)]
    text = json.dumps(entries)
    (report / "data/fields_1.js").write_text(f'hpacells.receive("data/fields_1",{text});\n')
    for number in range(4, 501):
        os.link(report / "fields/1_small.jpg", report / f"fields/{number}_small.jpg")
    shown = ReportPage(browser.new_page(viewport={"width": 1280, "height": 800}), report)
    shown.open()
    shown.page.wait_for_function("() => document.querySelector('main .card img').complete")
    assert shown.page.inner_text(".count") == "500 fields"
    assert shown.page.locator(".card").count() < 500
    assert shown.problems == []
