"""What a fitted detector says, against the same figures computed another way."""

import json

import numpy as np
import polars as pl
import pytest

from regime_factory.regimes import MacroRegimeDetector

from .worlds import COLUMNS, holed, macro_world


@pytest.fixture(scope="module")
def table() -> pl.DataFrame:
    return macro_world()[0]


@pytest.fixture(scope="module")
def fitted(table) -> MacroRegimeDetector:
    return MacroRegimeDetector().fit(table)


def test_predict_is_the_likeliest_of_the_filtered(table, fitted) -> None:
    p = fitted.predict_proba(table)
    assert (p == fitted.filter(table)).all()
    assert p.sum(axis=1) == pytest.approx(1)
    names = ["RISK_ON", "NEUTRAL", "RISK_OFF"]
    assert fitted.predict(table).tolist() == [names[k] for k in p.argmax(axis=1)]


def test_transitions_and_their_long_run(fitted) -> None:
    A, long_run = fitted.transition_matrix(), fitted.stationary_distribution()
    assert A.sum(axis=1) == pytest.approx(1)
    assert (np.diag(A) > 0.9).all()
    assert long_run @ A == pytest.approx(long_run)
    A[0, 0] = 9.0
    assert fitted.transition_matrix()[0, 0] < 1


def test_characteristics_are_the_weighted_moments_of_the_rows(table, fitted) -> None:
    told = fitted.state_characteristics()
    assert list(told) == ["RISK_ON", "NEUTRAL", "RISK_OFF"]
    assert sum(entry["share"] for entry in told.values()) == pytest.approx(1)
    rows, labels = table.select(COLUMNS).to_numpy(), fitted.predict(table)
    for name, entry in told.items():
        mean = rows[labels == name].mean(axis=0)
        tolerance = 0.15 * rows.std(axis=0)  # labels are hard, the prior pulls a little
        assert (np.abs(np.array(list(entry["means"].values())) - mean) < tolerance).all()
        z = (mean - rows.mean(axis=0)) / rows.std(axis=0)
        assert list(entry["standardised_means"].values()) == pytest.approx(z, abs=0.15)
        assert (entry["share"] - (labels == name).mean()) == pytest.approx(0, abs=0.01)
        stay = fitted.transition_matrix()[list(told).index(name)].max()
        assert entry["expected_bars"] == pytest.approx(1 / (1 - stay))
    assert told["RISK_OFF"]["risk_score"] == max(e["risk_score"] for e in told.values())


def test_importance_is_the_variance_between_states(table, fitted) -> None:
    importance = fitted.feature_importance()
    assert list(importance) == COLUMNS
    assert sum(importance.values()) == pytest.approx(1)
    assert max(importance["macro_slope_2y10y"], importance["macro_slope_change_20"]) < 0.01
    rows, p = table.select(COLUMNS).to_numpy(), fitted.filter(table)
    z = (rows - rows.mean(axis=0)) / rows.std(axis=0)
    means = p.T @ z / p.sum(axis=0)[:, None]
    between = p.mean(axis=0) @ means**2
    assert list(importance.values()) == pytest.approx(between / between.sum(), abs=0.02)


def test_diagnostics_are_plain_and_whole(fitted) -> None:
    told = fitted.diagnostics()
    json.dumps(told, allow_nan=False)
    assert told["state_names"] == ["RISK_ON", "NEUTRAL", "RISK_OFF"]
    assert told["feature_names"] == COLUMNS
    assert told["risk_weights"]["macro_trend_200"] == pytest.approx(-1 / 7)
    scores = list(told["risk_scores"].values())
    assert told["risk_gap"] == pytest.approx(min(np.diff(scores)))
    assert told["converged"] is True
    assert told["shares"] == pytest.approx(fitted.shares_.tolist())


def test_metadata_tells_how_a_regime_came_about(table, fitted) -> None:
    rows = holed(table, "macro_vix_level", [899])
    told = fitted.predict_with_metadata(rows)
    json.dumps(told, allow_nan=False)
    p = fitted.filter(rows)[-1]
    assert told["regime"] == fitted.predict(rows)[-1]
    assert told["confidence"] == p.max()
    assert list(told["probabilities"].values()) == p.tolist()
    assert told["model_version"] == fitted.model_version()
    assert told["n_features"] == 9
    assert told["features"]["macro_trend_200"] == rows["macro_trend_200"][-1]
    assert told["features"]["macro_vix_level"] is None
    assert told["missing"] == ["macro_vix_level"]
    assert told["dropped"] == {}
    assert told["bar_timestamp"] == rows["ts"][-1].isoformat()
    assert told["n_training_samples"] == fitted.n_training_samples_ == 900
    values = rows.select(COLUMNS).to_numpy()
    assert fitted.predict_with_metadata(values)["bar_timestamp"] is None
    given = fitted.predict_with_metadata(values, ts=[f"row {t}" for t in range(900)])
    assert given["bar_timestamp"] == "row 899"
    before = fitted.filter(rows[:-1])[-1]
    alone = fitted.predict_with_metadata(rows[-1:], previous=before)
    assert alone["probabilities"] == pytest.approx(told["probabilities"])


def test_a_version_names_a_fit(table, fitted) -> None:
    other = MacroRegimeDetector().fit(table[:800])
    assert other.model_version() != fitted.model_version()
    assert fitted.model_version().startswith("macro-")


def test_the_states_cannot_change_places(fitted) -> None:
    assert fitted.reorder([0, 1, 2]) is fitted
    with pytest.raises(ValueError, match=r"ordered by risk \(RISK_ON, NEUTRAL, RISK_OFF\)"):
        fitted.reorder([2, 1, 0])


def test_the_objective_is_that_of_the_model(fitted) -> None:
    assert fitted.objective() == fitted.hmm_.objective()
