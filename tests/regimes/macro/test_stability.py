"""How firmly names keep: figures that see states change places."""

from dataclasses import replace

import numpy as np
import pytest

from regime_factory.regimes import MacroRegimeDetector, Refits, fit_refits, refit_agreement
from regime_factory.regimes.macro.stability import name_stability

from .worlds import COLUMNS, macro_world


@pytest.fixture(scope="module")
def walked() -> tuple[Refits, np.ndarray]:
    rows = macro_world()[0].select(COLUMNS).to_numpy()
    first = MacroRegimeDetector(columns=COLUMNS).fit(rows[:400])
    return fit_refits(rows, starts_at=400, refit_every=200, model=first), rows


def test_refits_of_one_world_agree(walked) -> None:
    refits, rows = walked
    found = name_stability(refits, rows)
    assert found["n_refits"] == 3
    assert 0.97 < found["same_name_worst"] <= found["same_name_mean"] <= 1
    gaps = [np.diff(refit.model.risk_scores_).min() for refit in refits]
    assert found["risk_gap_least"] == min(gaps) > 0.5


def test_states_that_change_places_are_seen(walked) -> None:
    refits, rows = walked
    turned = MacroRegimeDetector.from_state(refits[1].model.to_state())
    turned.hmm_.reorder([2, 1, 0])  # as a wrong order of risk would have it
    swapped = Refits((refits[0], replace(refits[1], model=turned)))
    assert name_stability(swapped, rows)["same_name_mean"] < 0.6
    assert refit_agreement(swapped, rows)[0] > 0.95


def test_one_refit_has_nothing_to_agree_with(walked) -> None:
    refits, rows = walked
    found = name_stability(Refits(refits.items[:1]), rows)
    assert (found["same_name_mean"], found["same_name_worst"]) == (None, None)
