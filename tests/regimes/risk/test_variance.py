"""Baseline forecasts: closed forms, causality through refits, null and planted worlds."""

import numpy as np
import polars as pl
import pytest

from regime_factory.regimes import ewma_variance, variance_forecasts
from regime_factory.regimes.risk import variance
from regime_factory.regimes.risk.calibration import WARMUP
from regime_factory.regimes.risk.scores import newey_west_t, qlike
from regime_factory.regimes.risk.variance import BASELINES, threshold_variance

from .worlds import EVERY, ROWS, STARTS_AT, constant, ranges_of, rows_of, two_volatilities

FIRST_ROWS = list(range(STARTS_AT, ROWS, EVERY))


def test_ewma_is_its_weighted_sum() -> None:
    returns = np.random.default_rng(0).normal(size=60)
    for t in (0, 1, 7, 59):
        weights = 0.06 * 0.94 ** np.arange(t + 1)[::-1]
        weights[0] = 0.94**t
        np.testing.assert_allclose(
            ewma_variance(returns)[t], weights @ returns[: t + 1] ** 2, rtol=1e-12
        )


@pytest.mark.parametrize("decay", [0.0, 1.0, -0.2, 2.0])
def test_a_decay_that_cannot_be(decay) -> None:
    with pytest.raises(ValueError, match="give a number between 0 and 1"):
        ewma_variance([0.1, 0.2], decay)


def test_the_threshold_is_a_table_of_training_rows() -> None:
    returns = two_volatilities(4)
    found = threshold_variance(returns, 900, len(returns), window=20, n_buckets=4)
    squared = returns**2
    trailing = np.array([squared[max(0, t - 19) : t + 1].mean() for t in range(len(returns))])
    known = np.arange(WARMUP, 899)
    edges = np.quantile(trailing[known], [0.25, 0.5, 0.75])
    for t in (900, 1100, 1499):
        same = (trailing[known, None] >= edges).sum(axis=1) == (trailing[t] >= edges).sum()
        np.testing.assert_allclose(found[t], squared[known[same] + 1].mean(), rtol=1e-12)


def test_what_realised_means() -> None:
    returns = constant(1)
    table = variance_forecasts(rows_of(returns), FIRST_ROWS)
    assert table["ts"].to_list() == list(range(STARTS_AT, ROWS))
    np.testing.assert_array_equal(table["realised"][:-1], returns[STARTS_AT + 1 :] ** 2)
    assert table["realised"][-1] is None
    assert table.drop("realised").null_count().sum_horizontal()[0] == 0


@pytest.mark.parametrize("cut", [901, 1049, 1050, 1051, 1200, 1333])
@pytest.mark.parametrize("alter", ["replace", "remove"])
def test_later_rows_change_nothing(cut, alter) -> None:
    rows = ranges_of(two_volatilities(7), 7)
    other = ranges_of(two_volatilities(8) * 5, 8)
    changed = rows[:cut] if alter == "remove" else pl.concat([rows[:cut], other[cut:]])
    before, after = (variance_forecasts(table, FIRST_ROWS) for table in (rows, changed))
    known = cut - STARTS_AT
    columns = ["ts", *BASELINES]
    assert before[:known].select(columns).equals(after[:known].select(columns))
    assert before["realised"][: known - 1].equals(after["realised"][: known - 1])
    if alter == "replace":
        assert not before.select(columns).equals(after.select(columns))


@pytest.mark.filterwarnings("ignore:GARCH did not converge")  # alpha is zero in truth
def test_nobody_beats_a_constant_in_a_world_without_change() -> None:
    for seed in range(3):
        returns = constant(seed, 3000)
        table = variance_forecasts(rows_of(returns), [1000, 1500, 2000, 2500]).drop_nulls()
        flat = qlike(table["realised"], np.full(table.height, (returns[:1000] ** 2).mean()))
        for name in BASELINES:
            gain, t = newey_west_t(qlike(table["realised"], table[name]) - flat)
            assert t > -2, (seed, name, gain, t)
            assert abs(gain) < 0.05, (seed, name)


def test_everyone_beats_a_constant_where_volatility_changes() -> None:
    returns = two_volatilities(11, 3000)
    table = variance_forecasts(rows_of(returns), [1000, 2000]).drop_nulls()
    flat = qlike(table["realised"], np.full(table.height, (returns[:1000] ** 2).mean()))
    for name in BASELINES:
        gain, t = newey_west_t(qlike(table["realised"], table[name]) - flat)
        assert gain < -0.2, name
        assert t < -3, name


def test_missing_columns() -> None:
    with pytest.raises(ValueError, match="rows lack ret"):
        variance_forecasts(pl.DataFrame({"ts": [1]}), [100])
    with pytest.raises(ValueError, match="return nan in row 0"):
        variance_forecasts(pl.DataFrame({"ts": [1, 2], "ret": [None, 0.1]}), [100])


def test_the_har_is_fitted_on_the_rows_before(monkeypatch) -> None:
    fitted = []

    class Recorded(variance.LogHAR):
        def fit(self, proxy):
            fitted.append(len(proxy))
            return super().fit(proxy)

    monkeypatch.setattr(variance, "LogHAR", Recorded)
    variance_forecasts(ranges_of(two_volatilities(7), 7), FIRST_ROWS)
    assert fitted == list(FIRST_ROWS)
