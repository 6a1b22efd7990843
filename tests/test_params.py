"""Settings that contradict each other are refused before anything runs."""

from pathlib import Path
from typing import Any

import pytest
import yaml

from regime_factory.params import HmmParams

FILE = Path(__file__).resolve().parents[1] / "conf/base/parameters_hmm.yml"


@pytest.fixture
def hmm() -> dict[str, Any]:
    return {**yaml.safe_load(FILE.read_text())["hmm"], "seed": 0}


@pytest.mark.parametrize(
    ("change", "message"),
    [
        ({"standardise_by": "hour"}, "bars of hmm.regime_timeframe 1D have no slot of the day"),
        ({"standardise_by": "minute"}, "standardise_by"),
        ({"criterion": "aic"}, "criterion"),
        ({"emissions": []}, "emissions"),
        ({"emissions": ["laplace"]}, "emissions"),
        ({"n_jobs": 0}, "0 threads; give their number, or -1 for all cores"),
        ({"n_jobs": -2}, "n_jobs"),
        ({"min_agreement": 1.1}, "min_agreement"),
        ({"min_dwell": -1}, "min_dwell"),
        ({"label_threshold": 1.0}, "label_threshold"),
        ({"n_states_min": 4}, "hmm.n_states_min 4 is above hmm.n_states_max 3"),
    ],
)
def test_unusable_settings_of_the_model_are_named(
    hmm: dict[str, Any], change: dict[str, Any], message: str
) -> None:
    with pytest.raises(ValueError, match=message):
        HmmParams.model_validate({**hmm, **change})


def test_slots_need_bars_shorter_than_a_day(hmm: dict[str, Any]) -> None:
    settings = {**hmm, "standardise_by": "slot", "regime_timeframe": "4H"}
    assert HmmParams.model_validate(settings).standardise_by == "slot"


def test_candidates_and_profile_follow_the_bounds_or_the_fixed_number(hmm: dict[str, Any]) -> None:
    grid = HmmParams.model_validate(hmm)
    assert (grid.candidates, grid.profile) == ((2, 3), (4, 5, 6))
    fixed = HmmParams.model_validate({**hmm, "n_states": 4})
    assert (fixed.candidates, fixed.profile) == ((4,), (5, 6))
