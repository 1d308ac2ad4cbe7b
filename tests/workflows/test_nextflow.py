"""The Nextflow workflow. Its engine is in no package registry, so the scripts of its modules are run by bash.

Each script is taken out of its module, its variables are filled in, and it runs in a folder of its own with
its inputs as links, as the engine does it. Groovy's parser, where installed, checks the syntax of all files.
"""

import json
import os
import re
import shutil
import subprocess
import sys
import textwrap
from pathlib import Path

import pytest

from tests.factories.command_line import run_here
from tests.factories.simulated_set import simulate_into

ROOT = Path(__file__).parents[2]
FOLDER = ROOT / "workflows/nextflow"
MODULES = {path.parent.name: path.read_text() for path in FOLDER.glob("modules/local/hpacells/*/main.nf")}

PARSE = """
import org.codehaus.groovy.control.*
args.each { name ->
    def unit = new CompilationUnit()
    unit.addSource(name, new File(name).text)
    unit.compile(Phases.CONVERSION)
}
"""


def take_script(module: str, kind: str, values: dict[str, object]) -> str:
    """The text of a module's script or stub, with its variables filled in."""
    found = re.search(rf'^    {kind}:.*?"""\n(.*?)\n    """', MODULES[module], re.DOTALL | re.MULTILINE)
    assert found is not None
    return fill(textwrap.dedent(found[1]), values)


def fill(text: str, values: dict[str, object]) -> str:
    filled = re.sub(r"(?<!\\)\$\{([\w.]+)\}", lambda name: str(values[name[1]]), text)
    return filled.replace("\\$", "$").replace("\\\\\n", "\\\n")


def list_outputs(module: str, values: dict[str, object]) -> list[str]:
    outputs = MODULES[module].split("    output:\n")[1].split("    when:\n")[0]
    return [fill(name, values) for name in re.findall(r'path[ (]"([^"]+)"', outputs)]


class Engine:
    """Runs the scripts of modules, each in a folder of its own."""

    def __init__(self, folder: Path, kind: str, hpacells: Path) -> None:
        self.folder, self.kind, self.hpacells, self.tasks = folder, kind, hpacells, 0

    def run(self, module: str, inputs: dict[str, Path], **values: object) -> Path:
        self.tasks += 1
        task = self.folder / f"task {self.tasks}"
        for name, source in inputs.items():
            (task / name).parent.mkdir(parents=True, exist_ok=True)
            (task / name).symlink_to(source)
        task.mkdir(exist_ok=True)
        values |= {"task.process": module, "args": "", "prefix": "plate1", "meta.id": "plate1"}
        path = [
            str(self.hpacells.parent),
            str(Path(sys.executable).parent),
            str(FOLDER / "bin"),
            os.environ["PATH"],
        ]
        done = subprocess.run(
            ["bash", "-euo", "pipefail", "-c", take_script(module, self.kind, values)],
            cwd=task,
            env=os.environ | {"PATH": os.pathsep.join(path), "HOME": "/nonexistent"},
            capture_output=True,
            text=True,
            check=False,
        )
        assert done.returncode == 0, done.stderr
        for name in list_outputs(module, values):
            assert list(task.glob(name)), name
        assert re.fullmatch(r'"\w+":\n\s+hpacells: [\d.]+\n', (task / "versions.yml").read_text())
        return task

    def run_shard(self, images: Path, number: int, count: int) -> Path:
        """The folder of one shard, segmented, cut and predicted."""
        shard: dict[str, object] = {"shard": number, "shards": count, "model": "simhpa19"}
        place = f"work/shards/{number}-of-{count}"
        part = self.run("segment", {"images": images}, **shard) / place
        before = {path: path.read_bytes() for path in part.rglob("*") if path.is_file()}
        part_cut = self.run("crops", {"part": part, "images": images}, **shard) / place
        assert {path: path.read_bytes() for path in part.rglob("*") if path.is_file()} == before
        return self.run("predict", {"part": part_cut}, **shard) / place


@pytest.fixture(scope="module")
def images(tmp_path_factory: pytest.TempPathFactory) -> Path:
    folder = tmp_path_factory.mktemp("nextflow") / "my fields"
    simulate_into(folder, fields=4, size=400, seed=5)
    return folder


@pytest.mark.slow
def test_the_scripts_of_all_modules(images: Path, warm_hpacells: Path, tmp_path: Path) -> None:
    engine = Engine(tmp_path, "script", warm_hpacells)
    parts = [engine.run_shard(images, number, 2) for number in range(2)]
    merged = engine.run("merge", {f"parts/{part.name}": part for part in parts} | {"images": images})
    exported = engine.run("export", {"merged": merged / "plate1", "images": images}, format="h5ad")
    assert (exported / "plate1.h5ad/cells.h5ad").is_file()
    single = tmp_path / "single"
    for stage in ("segment", "crops", "predict"):
        more = ("--model", "simhpa19") if stage == "predict" else (images,)
        run_here(stage, *more, "--work", single)
    for name in ("images.parquet", "cells.parquet", "predictions.parquet"):
        assert (merged / "plate1" / name).read_bytes() == (single / name).read_bytes()
    *_, header, row = (merged / "plate1_mqc.tsv").read_text().splitlines()
    counts = dict(zip(header.split("\t"), row.split("\t"), strict=True))
    assert counts["Sample"] == "plate1"
    manifest = json.loads((single / "crops.json").read_text())
    assert float(counts["Kept cells"]) == manifest["counts"]["kept"]
    assert float(counts["Fields"]) == 4


@pytest.mark.slow
def test_the_stubs_of_all_modules(images: Path, warm_hpacells: Path, tmp_path: Path) -> None:
    engine = Engine(tmp_path, "stub", warm_hpacells)
    part = engine.run_shard(images, 0, 1)
    merged = engine.run("merge", {f"parts/{part.name}": part, "images": images})
    engine.run("export", {"merged": merged / "plate1", "images": images}, format="h5ad")


def test_every_module_is_as_nf_core_has_it() -> None:
    assert set(MODULES) == {"segment", "crops", "predict", "merge", "export"}
    for name, text in MODULES.items():
        assert f"process HPACELLS_{name.upper()} {{" in text
        for line in ("tag ", "label '", 'container "', "tuple val(meta)", "task.ext.when", "task.ext.args"):
            assert line in text
        assert 'path "versions.yml", emit: versions' in text


def test_main_calls_each_module_with_what_it_takes() -> None:
    main = (FOLDER / "main.nf").read_text()
    for name in MODULES:
        assert f"include {{ HPACELLS_{name.upper()}" in main
        assert f"HPACELLS_{name.upper()}(" in main
        assert f"withName: HPACELLS_{name.upper()}" in (FOLDER / "conf/modules.config").read_text()
    config = (FOLDER / "nextflow.config").read_text()
    for parameter in set(re.findall(r"params\.(\w+)", main + "".join(MODULES.values()))):
        assert re.search(rf"^    {parameter} +=", config, re.MULTILINE), parameter


def test_the_samplesheet_is_as_its_schema_says() -> None:
    schema = json.loads((FOLDER / "assets/schema_input.json").read_text())["items"]
    header, *rows = (FOLDER / "assets/samplesheet.csv").read_text().splitlines()
    assert header.split(",") == schema["required"] == list(schema["properties"])
    assert all(re.fullmatch(schema["properties"]["sample"]["pattern"], row.split(",")[0]) for row in rows)


@pytest.mark.slow
def test_groovy_parses_all_files(tmp_path: Path) -> None:
    java, groovy = shutil.which("java"), shutil.which("groovy")
    if java is None or groovy is None:
        pytest.skip("groovy is not installed (apt-get install groovy)")
    files = [str(path) for pattern in ("**/*.nf", "**/*.config") for path in FOLDER.glob(pattern)]
    (tmp_path / "parse.groovy").write_text(PARSE)
    home = {"JAVA_HOME": str(Path(java).resolve().parents[1])}
    done = subprocess.run(
        [groovy, tmp_path / "parse.groovy", *files],
        env=os.environ | home,
        capture_output=True,
        text=True,
        check=False,
    )
    assert len(files) == 8
    assert done.returncode == 0, done.stdout + done.stderr
