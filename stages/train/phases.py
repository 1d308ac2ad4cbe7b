"""The trainings of a classifier that follow each other: the main one, and the phases of the recipe."""

from dataclasses import dataclass

from stages.train.settings import TrainSettings


@dataclass(frozen=True)
class Phase:
    """One of the trainings of a classifier.

    Attributes
    ----------
    number
        From 0, which is the main training.
    settings
        Those of the recipe, with the loss, learning rate, epochs and frozen part of this phase.
    is_last
        Whether no other follows.
    name
        Name of the fold and, where there are several phases, of the phase, for messages.
    """

    number: int
    settings: TrainSettings
    is_last: bool
    name: str

    @property
    def checkpoint_name(self) -> str:
        """Name of the file of its checkpoint."""
        return f"checkpoint-{self.number}.pt" if self.number else "checkpoint.pt"

    @property
    def key(self) -> str:
        """What is added to the key of the training."""
        return f" phase {self.number}" if self.number else ""


def list_phases(recipe: TrainSettings, fold_name: str) -> list[Phase]:
    """List the trainings of a recipe, in order.

    Parameters
    ----------
    recipe
        Settings of the main training, with the phases that follow it.
    fold_name
        Name of the fold, for messages; or empty.
    """
    count = 1 + len(recipe.phases)
    phases = []
    for number in range(count):
        name = f"phase {number + 1} of {count}" if count > 1 else ""
        phases.append(
            Phase(
                number,
                _settings_of(recipe, number),
                is_last=number == count - 1,
                name=", ".join(filter(None, (fold_name, name))),
            )
        )
    return phases


def count_epochs(recipe: TrainSettings) -> int:
    """Count the epochs of all trainings of a recipe."""
    return recipe.fit.epochs + sum(phase.epochs for phase in recipe.phases)


def _settings_of(recipe: TrainSettings, number: int) -> TrainSettings:
    if number == 0:
        return recipe
    phase = recipe.phases[number - 1]
    learning_rate = phase.learning_rate or recipe.optimiser.learning_rate
    # A phase may train what an earlier one has frozen.
    frozen = "all" if phase.train == "head" else recipe.backbone.frozen
    return recipe.model_copy(
        update={
            "loss": recipe.loss if phase.loss is None else phase.loss,
            "optimiser": recipe.optimiser.model_copy(update={"learning_rate": learning_rate}),
            "fit": recipe.fit.model_copy(update={"epochs": phase.epochs}),
            "backbone": recipe.backbone.model_copy(update={"frozen": frozen}),
        }
    )
