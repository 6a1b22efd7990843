"""Scores against statsmodels and against their definitions."""

import math

import numpy as np
import polars as pl
import pytest
import statsmodels.api as sm
from hypothesis import given
from hypothesis import strategies as st

from regime_factory.regimes import compare_forecasts, newey_west_t, qlike


@pytest.mark.parametrize("lags", [0, 1, 5, 20])
def test_newey_west_equals_statsmodels(lags) -> None:
    noise = np.random.default_rng(lags).normal(size=400)
    values = 0.1 + np.convolve(noise, [1.0, 0.5, 0.3], mode="same")
    fit = sm.OLS(values, np.ones(400)).fit(
        cov_type="HAC", cov_kwds={"maxlags": lags, "use_correction": False}
    )
    mean, t = newey_west_t(values, lags)
    np.testing.assert_allclose([mean, t], [fit.params[0], fit.tvalues[0]], rtol=1e-10)


def test_the_number_of_lags_grows_with_the_rows() -> None:
    values = np.random.default_rng(0).normal(size=1000)
    assert newey_west_t(values) == newey_west_t(values, int(4 * 10 ** (2 / 9)))


def test_differences_without_variance() -> None:
    assert newey_west_t(np.zeros(50)) == (0.0, 0.0)
    assert newey_west_t(np.full(50, -2.0)) == (-2.0, -math.inf)


@pytest.mark.parametrize("bad", [[1.0], [1.0, np.nan], [[1.0, 2.0]]])
def test_differences_that_cannot_be(bad) -> None:
    with pytest.raises(ValueError, match="two or more finite values"):
        newey_west_t(bad)
    with pytest.raises(ValueError, match="lags is -1"):
        newey_west_t([1.0, 2.0], -1)


@given(st.floats(1e-6, 1e3), st.floats(1e-3, 1e3))
def test_the_true_variance_scores_best(variance, factor) -> None:
    draws = np.array([0.5, 1.5]) * variance  # a proxy whose mean is the variance
    right = qlike(draws, np.full(2, variance)).mean()
    wrong = qlike(draws, np.full(2, variance * factor)).mean()
    assert right <= wrong + 1e-9


def test_the_score_is_a_gaussian_log_density() -> None:
    from scipy.stats import norm

    returns, variance = np.array([0.1, -0.3, 0.0]), np.array([0.02, 0.05, 0.01])
    expected = -2 * norm.logpdf(returns, scale=variance**0.5) - np.log(2 * np.pi)
    np.testing.assert_allclose(qlike(returns**2, variance), expected, rtol=1e-12)


@pytest.mark.parametrize(
    ("realised", "forecast", "message"),
    [
        ([1.0, -1.0], [1.0, 1.0], "realised variance is -1.0 in row 1"),
        ([1.0, 1.0], [1.0, 0.0], "forecast variance is 0.0 in row 1"),
        ([1.0, 1.0], [np.nan, 1.0], "forecast variance is nan in row 0"),
        ([1.0], [1.0, 1.0], "give one value per bar"),
    ],
)
def test_scores_that_cannot_be(realised, forecast, message) -> None:
    with pytest.raises(ValueError, match=message):
        qlike(realised, forecast)


def test_the_table_compares_each_pair_on_known_bars() -> None:
    rng = np.random.default_rng(2)
    true = np.exp(rng.normal(size=500))
    realised = pl.Series(true * rng.chisquare(1, size=500)).extend(pl.Series([None, None]))
    true = np.append(true, [1.0, 1.0])
    said = pl.DataFrame({"flat": np.full(502, true.mean()), "true": true, "twice": 2 * true})
    table = compare_forecasts(said, realised)
    assert table["forecast"][0] == "true"
    assert table.height == 6
    assert set(table["bars"]) == {500}
    scores = {name: qlike(realised[:500], said[name][:500]) for name in said.columns}
    for row in table.iter_rows(named=True):
        gap = scores[row["forecast"]] - scores[row["other"]]
        assert (row["difference"], row["t"]) == newey_west_t(gap)
        np.testing.assert_allclose(row["qlike"], scores[row["forecast"]].mean())
    with pytest.raises(ValueError, match="1 forecasts given"):
        compare_forecasts({"one": true}, realised)
