"""The figures of the labels by themselves: complete, dated, and sound for odd input."""

import json

import numpy as np
import pytest

from regime_factory.regimes import GaussianHMM, fit_refits
from regime_factory.regimes.honesty.card import CardSettings, label_figures
from regime_factory.regimes.honesty.forecasts import (
    drawdown_figures,
    risk_forecasts,
    volatility_figures,
)
from regime_factory.regimes.honesty.outcomes import outcome_figures
from regime_factory.regimes.honesty.reaction import reaction_to_drawdowns

from .test_forecasts import market

SETTINGS = CardSettings(n_draws=100, n_shifts=50)


@pytest.fixture(scope="module")
def scored():
    rows, X, states = market(4)
    model = GaussianHMM(2, "diag", n_init=3, sticky=0.5)
    refits = fit_refits(X, starts_at=450, refit_every=225, model=model)
    return risk_forecasts(refits, X, rows), rows["close"][450:], states[450:]


def test_all_groups_are_there_and_finite(scored):
    figures = label_figures(*scored, ("Calm", "Stress"), SETTINGS)
    assert figures.keys() == {
        "bars", "n_draws", "n_shifts", "volatility", "drawdowns", "returns", "reaction",
    }  # fmt: skip
    json.dumps(figures, allow_nan=False)
    assert figures["bars"] == 450
    assert figures == label_figures(*scored, ("Calm", "Stress"), SETTINGS)


def test_episodes_are_dated(scored):
    table, close, states = scored
    found = label_figures(table, close, states, ("Calm", "Stress"), SETTINGS)["reaction"]
    assert found["regime"] == "Stress"
    stamps = set(table["ts"].dt.strftime("%Y-%m-%dT%H:%M"))
    assert found["episodes"]
    for row in found["episodes"]:
        assert row["start"] <= row["crossed"]
        assert {row["start"], row["crossed"], row["end"] or row["start"]} <= stamps


def test_each_group_is_made_of_the_labels_as_they_are(scored):
    """No group moves labels, prices or outcomes against each other."""
    table, close, states = scored
    names, draws = ("Calm", "Stress"), {"n_draws": 100, "seed": SETTINGS.seed}
    found = label_figures(table, close, states, names, SETTINGS)
    flicker = np.arange(len(states)) % 3 // 2  # a label of another bar gives another delay
    reaction = reaction_to_drawdowns(close, flicker == 1, n_shifts=50)
    shown = label_figures(table, close, flicker, names, SETTINGS)["reaction"]
    delays = [[row["bars"] for row in part["episodes"]] for part in (shown, reaction)]
    assert delays[0] == delays[1] != []
    later = np.append(close[20:].to_numpy() / close[:-20].to_numpy() - 1, np.full(20, np.nan))
    own = outcome_figures(later, states, names, horizon=20, **draws)
    assert {k: v for k, v in found["returns"].items() if k != "horizon"} == own
    assert found["drawdowns"] == drawdown_figures(table, close, states, names, **draws)
    assert found["volatility"] == volatility_figures(table)


def test_one_state_has_no_reaction_and_no_difference(scored):
    table, close, states = scored
    found = label_figures(table, close, np.zeros_like(states), ("Calm",), SETTINGS)
    assert found["reaction"] is None
    assert found["returns"]["difference"] is None
    assert found["drawdowns"]["distinguishable"] is None
    json.dumps(found, allow_nan=False)


@pytest.mark.parametrize(("bars", "missing"), [(2, 3), (3, 2), (21, 2), (22, 0)])
def test_groups_that_need_more_bars_are_none(scored, bars, missing):
    table, close, states = (part[:bars] for part in scored)
    found = label_figures(table, close, states, ("Calm", "Stress"), SETTINGS)
    groups = [found[name] for name in ("volatility", "drawdowns", "returns")]
    assert groups.count(None) == missing
    json.dumps(found, allow_nan=False)


def test_a_state_that_never_came_is_kept_with_a_dash(scored):
    table, close, states = scored
    found = label_figures(table, close, states, ("Calm", "Choppy", "Stress"), SETTINGS)
    assert found["returns"]["states"][2]["mean"] is None
    assert found["drawdowns"]["states"][2]["share"] is None
    assert found["reaction"]["top_share"] == 0.0
