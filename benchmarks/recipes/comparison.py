"""The course of the comparison: recipe by recipe, with the table written anew after each."""

import logging
import tomllib
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from functools import partial
from importlib import resources
from pathlib import Path

from benchmarks.real_cells.cross_validation import RealCells, cross_validate
from benchmarks.recipes.budget import Budget, fit_recipe
from benchmarks.recipes.pictures import draw_comparison
from benchmarks.recipes.results import Result, make_row, measure_once
from benchmarks.recipes.simulated import PARTS, KnownPart, judge_recipe
from benchmarks.recipes.table import write_tables
from benchmarks.recipes.training import mean_class_size
from benchmarks.recipes.weights import Download, describe_weights
from data.file_hash import hash_file
from data.software.versions import find_version
from pipeline.config.config import DEFAULT_RECIPE
from pipeline.runs.manifest import hash_json
from stages.stage import Context
from stages.train.settings import TrainSettings

log = logging.getLogger("hpacells")


@dataclass(frozen=True)
class Recipe:
    """A recipe by its name, as it is before it is cut to a budget."""

    name: str
    settings: TrainSettings


def list_recipes() -> list[str]:
    """List the default recipe and those of papers, whose names have a year and a dash, by name."""
    shipped = Path(str(resources.files("configs").joinpath("recipes")))
    return [DEFAULT_RECIPE, *sorted(file.stem for file in shipped.glob("*[0-9]-*.toml"))]


class Comparison:
    """All recipes, and what is known of them so far.

    Parameters
    ----------
    root
        Folder of everything that is made.
    recipes
        In the order in which they are trained.
    published
        TOML file: name of a recipe = what its paper reports.
    foot
        Lines below the table.
    download
        Fetches ImageNet weights, if it can.
    context
        Where the work runs.
    """

    def __init__(
        self,
        root: Path,
        recipes: list[Recipe],
        published: Path,
        *,
        foot: list[str],
        download: Download,
        context: Context,
    ) -> None:
        self._root, self._recipes, self._foot = root, recipes, foot
        self._published = tomllib.loads(published.read_text())
        self._download, self._context = download, context
        self._results: dict[str, dict[str, Result]] = {recipe.name: {} for recipe in recipes}

    def run_simulated(self, parts: dict[str, KnownPart], budget: Budget) -> None:
        """Train every recipe on the simulated cells and measure it."""
        data = [parts[name].part.cut.output_key for name in PARTS]
        for number, recipe in enumerate(self._recipes, start=1):
            log.info("recipe %d of %d: %s", number, len(self._recipes), recipe.name)
            measure = partial(self._measure_simulated, recipe, parts, budget)
            self._keep(recipe, "simulated", [data, vars(budget)], measure)

    def run_real(self, real: RealCells, budget: Budget, *, skip_random: bool) -> None:
        """Cross-validate every recipe on real cells: from its initial weights, and after simulated cells.

        Recipes that failed before are left out; quick ones come first.
        """
        done = [recipe for recipe in self._recipes if "map" in self._simulated(recipe)]
        done.sort(key=lambda recipe: self._simulated(recipe)["seconds"])
        for number, recipe in enumerate(done, start=1):
            log.info("real cells, recipe %d of %d: %s", number, len(done), recipe.name)
            weights, model = self._simulated(recipe)["pretrained"], self._folder(recipe) / "model"
            starts = {"imagenet": "", "pretrained": str(model)}
            if skip_random and weights == "none":
                del starts["imagenet"]
            for name, start in starts.items():
                inputs = [real.part.cut.output_key, vars(budget)]
                inputs.append(hash_file(model / "model.safetensors") if start else weights)
                measure = partial(self._measure_real, recipe, name, start, real, budget)
                self._keep(recipe, name, inputs, measure)

    def _measure_simulated(self, recipe: Recipe, parts: dict[str, KnownPart], budget: Budget) -> Result:
        learnt = parts["train"].part
        mean = mean_class_size(recipe.settings, learnt.labels, learnt)
        settings = self._download.settle(fit_recipe(recipe.settings, budget, mean))
        told = {
            "px": settings.tiles.size,
            "weights": describe_weights(recipe.settings, settings),
            "pretrained": settings.backbone.pretrained,
        }
        return told | judge_recipe(self._folder(recipe), settings, parts, self._context)

    def _measure_real(self, recipe: Recipe, name: str, start: str, real: RealCells, budget: Budget) -> Result:
        mean = mean_class_size(recipe.settings, real.part.labels, real.part)
        settings = fit_recipe(recipe.settings, budget, mean)
        # What starts from another classifier needs no other weights first.
        pretrained = "none" if start else self._simulated(recipe)["pretrained"]
        backbone = settings.backbone.model_copy(update={"pretrained": pretrained})
        settings = settings.model_copy(update={"backbone": backbone, "initial_weights": start})
        figures = cross_validate(self._folder(recipe) / name, settings, real, self._context).figures()
        return {name: figures[name] for name in ("balanced_accuracy", "macro_f1", "cells")}

    def _simulated(self, recipe: Recipe) -> Result:
        return self._results[recipe.name]["simulated"]

    def _keep(
        self, recipe: Recipe, name: str, inputs: Sequence[object], measure: Callable[[], Result]
    ) -> None:
        key = hash_json(
            [recipe.settings.of_result().model_dump(mode="json"), inputs, find_version("hpacells")]
        )
        path = self._folder(recipe) / f"{name}.json"
        self._results[recipe.name][name] = measure_once(path, key, measure)
        self._write()

    def _write(self) -> None:
        rows = [
            make_row(recipe.name, self._results[recipe.name], self._published.get(recipe.name, ""))
            for recipe in self._recipes
            if self._results[recipe.name]
        ]
        write_tables(self._root, rows, self._foot)
        draw_comparison(self._root / "recipes.png", rows)

    def _folder(self, recipe: Recipe) -> Path:
        return self._root / "recipes" / recipe.name
