"""GARCH(1,1): the filter equals that of `arch`, parameters come from earlier rows."""

import numpy as np
import pytest

from regime_factory.regimes.risk import garch
from regime_factory.regimes.risk.garch import (
    GarchParameters,
    filter_garch,
    fit_garch,
    garch_variance,
)


def simulated(n_rows: int, seed: int) -> np.ndarray:
    rng = np.random.default_rng(seed)
    returns, variance = np.empty(n_rows), 1e-4
    for t in range(n_rows):
        returns[t] = rng.normal() * variance**0.5
        variance = 2e-6 + 0.08 * returns[t] ** 2 + 0.90 * variance
    return returns


RETURNS = simulated(3000, 2)


def test_the_filter_equals_arch() -> None:
    from arch.univariate import GARCH, ZeroMean

    model = ZeroMean(RETURNS * 100, volatility=GARCH(1, 0, 1), rescale=False)
    result = model.fit(disp="off")
    omega, alpha, beta = result.params
    ours = filter_garch(RETURNS, GarchParameters(omega / 1e4, alpha, beta, converged=True))
    theirs = (result.conditional_volatility / 100) ** 2  # of bar t from bars up to t - 1
    np.testing.assert_allclose(ours[:-1], theirs[1:], rtol=1e-10)
    last = result.forecast(horizon=1).variance.to_numpy()[-1, 0] / 1e4
    np.testing.assert_allclose(ours[-1], last, rtol=1e-10)


def test_the_fit_finds_the_truth_in_any_unit() -> None:
    found, scaled = fit_garch(RETURNS), fit_garch(RETURNS * 1000)
    np.testing.assert_allclose([found.alpha, found.beta], [0.08, 0.90], atol=0.03)
    np.testing.assert_allclose(
        [scaled.omega, scaled.alpha, scaled.beta],
        [found.omega * 1e6, found.alpha, found.beta],
        rtol=1e-5,  # the optimiser stops within its own tolerance
    )


def fail(monkeypatch: pytest.MonkeyPatch, after: int) -> None:
    """Let the optimiser give up from the fit numbered ``after`` on."""
    from arch.univariate import ZeroMean

    fit, calls = ZeroMean.fit, []

    def stubborn(self, **settings):
        result = fit(self, **settings)
        calls.append(result)
        if len(calls) > after:
            result._optim_output.status = 9
        return result

    monkeypatch.setattr(ZeroMean, "fit", stubborn)


def test_without_convergence_the_parameters_before_stay(monkeypatch) -> None:
    before = fit_garch(RETURNS[:1500])
    fail(monkeypatch, after=0)
    kept = fit_garch(RETURNS, before)
    assert (kept.omega, kept.alpha, kept.beta) == (before.omega, before.alpha, before.beta)
    assert not kept.converged
    first = fit_garch(RETURNS)
    assert (first.alpha, first.beta, first.converged) == (0.05, 0.90, False)
    np.testing.assert_allclose(
        first.omega / (1 - first.alpha - first.beta), (RETURNS**2).mean(), rtol=1e-9
    )


def test_without_convergence_the_walk_says_so(monkeypatch) -> None:
    fail(monkeypatch, after=1)
    with pytest.warns(RuntimeWarning, match=r"at 2 of 3 refits \(first rows \[2000, 2500\]\)"):
        forecast = garch_variance(RETURNS, [1500, 2000, 2500])
    assert np.isfinite(forecast[1500:]).all()


def test_parameters_come_from_the_rows_before(monkeypatch) -> None:
    seen = []

    def record(returns, previous=None):
        seen.append(len(returns))
        return GarchParameters(1e-6, 0.05, 0.9, converged=True)

    monkeypatch.setattr(garch, "fit_garch", record)
    garch_variance(RETURNS, [1500, 2000])
    assert seen == [1500, 2000]


def test_returns_that_never_move() -> None:
    with pytest.raises(ValueError, match="all 200 returns are zero"):
        fit_garch(np.zeros(200))
