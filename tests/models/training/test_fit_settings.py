import pytest
from pydantic import ValidationError

from models.losses.settings import SoftF1Settings
from models.training.fit_settings import FitSettings, PhaseSettings


def test_a_batch_is_whole_unless_said_otherwise() -> None:
    assert FitSettings().accumulation_steps == 1
    with pytest.raises(ValidationError, match="accumulation_steps"):
        FitSettings(accumulation_steps=0)


def test_a_phase_keeps_what_it_does_not_name() -> None:
    phase = PhaseSettings(epochs=5)
    assert (phase.train, phase.learning_rate, phase.loss) == ("head", None, None)


def test_a_phase_has_a_loss_of_its_own() -> None:
    phase = PhaseSettings.model_validate({"epochs": 5, "loss": {"kind": "soft-f1"}})
    assert phase.loss == SoftF1Settings()
    with pytest.raises(ValidationError, match="gamma"):
        PhaseSettings.model_validate({"loss": {"kind": "soft-f1", "gamma": 2}})
