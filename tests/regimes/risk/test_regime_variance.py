"""The variance forecast of a regime model: by hand, causal, right where the truth is known."""

import dataclasses

import numpy as np
import pytest

from regime_factory.regimes import Refits, regime_variance, variance_forecasts
from regime_factory.regimes.risk.calibration import WARMUP
from regime_factory.regimes.risk.regime_variance import state_forecast
from regime_factory.regimes.risk.scores import newey_west_t, qlike

from .worlds import EVERY, ROWS, STARTS_AT, constant, refits_of, rows_of, two_volatilities

RETURNS = two_volatilities(3)


@pytest.fixture(scope="module", name="refits")
def fitted() -> Refits:
    return refits_of(RETURNS)


def test_it_is_the_sum_over_states(refits) -> None:
    refit = refits[1]
    start, end = refit.first_row, refit.first_row + EVERY
    p = refit.model.filter(RETURNS[:end, None])
    training = p[:start]
    squares = training.T @ RETURNS[:start] ** 2 / training.sum(axis=0)
    raw = p @ refit.model.transmat_ @ squares
    scale = np.mean(RETURNS[WARMUP + 1 : start] ** 2 / raw[WARMUP : start - 1])
    found = regime_variance(refits, RETURNS[:, None])
    np.testing.assert_allclose(found[start:end], scale * raw[start:end], rtol=1e-9)
    assert np.isnan(found[:STARTS_AT]).all()
    assert np.isfinite(found[STARTS_AT:]).all()


def test_without_a_transition_matrix_the_next_bar_is_measured(refits) -> None:
    refit = refits[0]

    class Plain:
        def filter(self, X):
            return refit.model.filter(X)

    plain = dataclasses.replace(refit, model=Plain())
    p = refit.model.filter(RETURNS[:1000, None])
    before = p[: refit.first_row - 1]
    after = RETURNS[1 : refit.first_row] ** 2
    expected = p @ (before.T @ after / before.sum(axis=0))
    np.testing.assert_allclose(state_forecast(plain, RETURNS[:1000, None]), expected, rtol=1e-9)


def test_a_state_never_seen_counts_as_the_most_volatile(refits) -> None:
    known = refits[0].statistics
    absent = {name: [values[0], None] for name, values in known.items()}
    refit = dataclasses.replace(refits[0], statistics=absent)
    forecast = state_forecast(refit, RETURNS[:1000, None])
    np.testing.assert_allclose(forecast, known["mean"][0] ** 2 + known["vol"][0] ** 2, rtol=1e-9)
    none = dataclasses.replace(refit, statistics={name: [None, None] for name in known})
    with pytest.raises(ValueError, match="refit 0 has no statistics"):
        state_forecast(none, RETURNS[:1000, None])


@pytest.mark.parametrize("cut", [901, 1049, 1050, 1051, 1333])
@pytest.mark.parametrize("alter", ["replace", "remove"])
def test_later_rows_change_nothing(cut, alter, refits) -> None:
    changed = RETURNS[:cut].copy()
    if alter == "replace":
        changed = np.concatenate([changed, 4 * two_volatilities(9)[cut:]])
    before = regime_variance(refits, RETURNS[:, None])
    after = regime_variance(refits_of(changed), changed[:, None])
    np.testing.assert_array_equal(before[STARTS_AT:cut], after[STARTS_AT:cut])


def test_it_beats_a_constant_and_the_threshold_where_there_are_two_volatilities(refits) -> None:
    forecast = regime_variance(refits, RETURNS[:, None])[STARTS_AT:-1]
    realised = RETURNS[STARTS_AT + 1 :] ** 2
    scores = qlike(realised, forecast)
    flat = qlike(realised, np.full(len(realised), (RETURNS[:STARTS_AT] ** 2).mean()))
    assert newey_west_t(scores - flat)[1] < -3
    first_rows = [refit.first_row for refit in refits]
    table = variance_forecasts(rows_of(RETURNS), first_rows, n_buckets=2).drop_nulls()
    assert scores.mean() < qlike(realised, table["threshold"]).mean()


def test_it_gains_nothing_in_a_world_without_change() -> None:
    returns = constant(5)
    forecast = regime_variance(refits_of(returns), returns[:, None])[STARTS_AT:-1]
    realised = returns[STARTS_AT + 1 :] ** 2
    flat = qlike(realised, np.full(len(realised), (returns[:STARTS_AT] ** 2).mean()))
    assert newey_west_t(qlike(realised, forecast) - flat)[1] > -2


def test_returns_must_match_the_rows(refits) -> None:
    with pytest.raises(ValueError, match=f"{ROWS} observations but returns of shape"):
        regime_variance(refits, RETURNS[:, None], RETURNS[:-1])
