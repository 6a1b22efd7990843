"""The HAR against least squares of statsmodels, and its range proxy against simulation."""

import numpy as np
import pytest
import statsmodels.api as sm
from hypothesis import given
from hypothesis import strategies as st

from regime_factory.regimes import LogHAR, NotFittedError
from regime_factory.regimes.risk.har import parkinson_variance, trailing_mean

PROXY = np.exp(np.random.default_rng(1).normal(size=600).cumsum() * 0.05 - 9)


def reference(proxy: np.ndarray, n_train: int) -> np.ndarray:
    """Forecasts by statsmodels, with averages row by row."""
    logs = np.log(proxy)
    design = np.array(
        [[1.0] + [logs[max(0, t - w + 1) : t + 1].mean() for w in (1, 5, 22)] for t in range(600)]
    )
    fit = sm.OLS(logs[22:n_train], design[21 : n_train - 1]).fit()
    return np.exp(fit.predict(design) + fit.mse_resid / 2)


def test_it_equals_statsmodels() -> None:
    fitted = LogHAR().fit(PROXY[:400])
    np.testing.assert_allclose(fitted.forecast(PROXY), reference(PROXY, 400), rtol=1e-9)


def test_the_correction_makes_the_mean_right() -> None:
    rng = np.random.default_rng(3)
    proxy = np.exp(rng.normal(scale=1.0, size=50_000))
    forecast = LogHAR().fit(proxy).forecast(proxy)
    np.testing.assert_allclose(forecast.mean(), proxy.mean(), rtol=0.05)


def test_a_bar_without_a_range_is_allowed() -> None:
    proxy = PROXY.copy()
    proxy[::50] = 0.0
    assert np.isfinite(LogHAR().fit(proxy).forecast(proxy)).all()


@given(st.lists(st.floats(-100, 100), min_size=1, max_size=40), st.integers(1, 30))
def test_trailing_means(values, window) -> None:
    found = trailing_mean(np.array(values), window)
    for t in range(len(values)):
        np.testing.assert_allclose(
            found[t], np.mean(values[max(0, t - window + 1) : t + 1]), atol=1e-9
        )


def test_parkinson_measures_the_variance_of_a_walk() -> None:
    steps = np.random.default_rng(5).normal(scale=0.01 / 30, size=(3000, 900))
    path = np.concatenate([np.zeros((3000, 1)), steps.cumsum(axis=1)], axis=1)
    found = parkinson_variance(np.exp(path.max(axis=1)), np.exp(path.min(axis=1)))
    np.testing.assert_allclose(found.mean(), 1e-4, rtol=0.1)


@pytest.mark.parametrize("proxy", [[1.0, -1.0], [1.0, np.nan], np.ones((2, 2))])
def test_proxies_that_cannot_be(proxy) -> None:
    with pytest.raises(ValueError, match="expected one non-negative value per bar"):
        LogHAR().fit(proxy)


def test_bad_use() -> None:
    with pytest.raises(ValueError, match="20 bars cannot fit a HAR"):
        LogHAR().fit(np.ones(20))
    with pytest.raises(ValueError, match="all 50 variance proxies are zero"):
        LogHAR().fit(np.zeros(50))
    with pytest.raises(NotFittedError):
        LogHAR().forecast(np.ones(50))
    with pytest.raises(ValueError, match="row 1 has high"):
        parkinson_variance([2.0, 1.0], [1.0, 1.5])
    assert LogHAR((1, 3)).get_params() == {"windows": (1, 3)}
