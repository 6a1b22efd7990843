"""Weights and scores of risk, and the start of a fit."""

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from regime_factory.features.macro import MACRO_FEATURES
from regime_factory.regimes.macro.risk import (
    REGIME_NAMES,
    RISK_WEIGHTS,
    risk_score,
    risk_starts,
    risk_weights,
)

from .worlds import COLUMNS, SIGNS, macro_world


def test_every_macro_feature_has_a_weight() -> None:
    assert set(RISK_WEIGHTS) == set(MACRO_FEATURES)
    assert [RISK_WEIGHTS[name] for name in MACRO_FEATURES] == SIGNS.tolist()


def test_other_windows_have_the_same_weight() -> None:
    columns = ["macro_vix_percentile_60", "macro_trend_50", "macro_spread_zscore_156"]
    assert risk_weights(columns) == pytest.approx([1 / 3, -1 / 3, 1 / 3])


@given(st.sets(st.sampled_from(COLUMNS), min_size=1))
def test_weights_sum_to_one_and_keep_their_signs(columns) -> None:
    names = sorted(columns)
    signs = np.array([SIGNS[COLUMNS.index(name)] for name in names])
    if not signs.any():
        with pytest.raises(ValueError, match="risk weight other than 0"):
            risk_weights(names)
        return
    weights = risk_weights(names)
    assert np.abs(weights).sum() == pytest.approx(1)
    assert np.sign(weights).tolist() == signs.tolist()


def test_a_column_without_a_weight_is_refused_unless_it_is_given_one() -> None:
    with pytest.raises(ValueError, match=r"'gold' is no macro feature .* weights=\{'gold': w\}"):
        risk_weights(["macro_vix_level", "gold"])
    assert risk_weights(["macro_vix_level", "gold"], {"gold": -1}).tolist() == [0.5, -0.5]
    assert risk_weights(COLUMNS[:2], {COLUMNS[0]: 0.0}).tolist() == [0.0, 1.0]
    with pytest.raises(ValueError, match="risk weight other than 0"):
        risk_weights(COLUMNS[:2], {COLUMNS[0]: float("nan")})


def test_the_score_is_the_weighted_mean_of_standardised_values() -> None:
    table, _ = macro_world(200)
    rows = table.select(COLUMNS).to_numpy()
    centre, scale = rows.mean(axis=0), rows.std(axis=0)
    expected = [
        sum(s * (v - c) / d for v, c, d, s in zip(row, centre, scale, SIGNS, strict=True)) / 7
        for row in rows
    ]
    assert risk_score(rows, centre, scale, risk_weights(COLUMNS)) == pytest.approx(expected)


def test_the_start_has_groups_in_the_order_of_risk() -> None:
    table, regimes = macro_world(1000)
    rows, weights = table.select(COLUMNS).to_numpy(), risk_weights(COLUMNS)
    start = risk_starts(rows, weights, 3)[0]
    by_risk = rows[np.argsort(risk_score(rows, rows.mean(axis=0), rows.std(axis=0), weights))]
    groups = by_risk[:100], by_risk[100:900], by_risk[900:]
    assert start["means"] == pytest.approx(np.array([group.mean(axis=0) for group in groups]))
    scores = risk_score(start["means"], rows.mean(axis=0), rows.std(axis=0), weights)
    assert (np.diff(scores) > 0.3).all()
    assert start["transmat"].sum(axis=1) == pytest.approx(1)
    assert np.linalg.eigvalsh(start["covars"]).min() > 0
    assert set(regimes) == set(REGIME_NAMES[3])


def test_a_column_that_stands_still_in_a_group_keeps_a_variance() -> None:
    rows = np.column_stack([np.arange(12.0), np.repeat([0.0, 1.0], 6)])
    start = risk_starts(rows, np.array([1.0, 0.0]), 2)[0]
    assert start["covars"][:, 1, 1] == pytest.approx(0.1 * 0.25)


@pytest.mark.parametrize("n_rows", [3, 4, 9, 30])
def test_ties_and_few_rows_leave_no_group_empty(n_rows) -> None:
    for rows in (np.ones((n_rows, 1)), np.arange(n_rows, dtype=float)[:, None]):
        start = risk_starts(rows, np.array([1.0]), 3)[0]
        assert np.isfinite(start["means"]).all()
    assert start["means"].ravel().tolist()[:3:2] == [
        pytest.approx((max(1, round(0.1 * n_rows)) - 1) / 2),
        pytest.approx(n_rows - 1 - (max(1, round(0.1 * n_rows)) - 1) / 2),
    ]
