"""The walk that all variance forecasts share."""

import numpy as np
import pytest

from regime_factory.regimes.risk.calibration import (
    WARMUP,
    check_returns,
    refit_blocks,
    walk_variance,
)

RETURNS = np.random.default_rng(0).normal(scale=0.01, size=400)


def test_the_scale_minimises_the_score_on_earlier_rows() -> None:
    from scipy.optimize import minimize_scalar

    shape = 1 + np.arange(400) % 7
    walked = walk_variance(RETURNS, [300], lambda start, end: shape[:end].astype(float))
    level = shape[WARMUP:299]
    realised = RETURNS[WARMUP + 1 : 300] ** 2
    best = minimize_scalar(
        lambda scale: np.mean(np.log(scale * level) + realised / (scale * level)),
        bounds=(1e-6, 1e-2),
        method="bounded",
        options={"xatol": 1e-12},
    )
    np.testing.assert_allclose(walked[300:] / shape[300:], best.x, rtol=1e-5)
    assert np.isnan(walked[:300]).all()


def test_the_level_of_a_forecast_does_not_matter() -> None:
    shape = 1 + np.arange(400.0) % 7
    walks = [
        walk_variance(RETURNS, [200, 300], lambda start, end, s=s: s * shape[:end])
        for s in (0.01, 40.0)
    ]
    np.testing.assert_allclose(*walks, rtol=1e-12)


def test_each_refit_asks_for_its_own_rows() -> None:
    asked = []

    def raw(start: int, end: int) -> np.ndarray:
        asked.append((start, end))
        return np.ones(end)

    walk_variance(RETURNS, [200, 300, 500], raw)
    assert asked == [(200, 300), (300, 400)]


def test_stale_bars_do_not_forecast_zero() -> None:
    walked = walk_variance(RETURNS, [300], lambda start, end: np.zeros(end))
    assert (walked[300:] > 0).all()


def test_the_floor_is_that_of_the_training_rows() -> None:
    """A wild time after the refit does not lift the floor of the bars before it."""
    wild = np.concatenate([RETURNS[:350], 50 * RETURNS[350:]])
    # A few low forecasts among others, so that the floor is not absorbed by the scale.
    level = np.where(np.arange(400) % 10, RETURNS.var(), 0.0)
    calm, then = (walk_variance(r, [300], lambda _, end: level[:end]) for r in (RETURNS, wild))
    np.testing.assert_array_equal(calm, then)


@pytest.mark.parametrize(
    ("rows", "message"),
    [
        ([], "at least one"),
        ([200, 200], "must be increasing"),
        ([300, 200], "must be increasing"),
        ([20], "20 rows lie before the first refit, expected at least 100"),
    ],
)
def test_refits_that_cannot_be(rows, message) -> None:
    with pytest.raises(ValueError, match=message):
        refit_blocks(rows, 400)


def test_returns_that_cannot_be() -> None:
    with pytest.raises(ValueError, match="return inf in row 2"):
        check_returns([0.0, 1.0, np.inf])
    with pytest.raises(ValueError, match=r"shape \(2, 1\)"):
        check_returns([[0.0], [1.0]])
    with pytest.raises(ValueError, match="all 150 returns before row 150 are zero"):
        walk_variance(np.zeros(200), [150], lambda start, end: np.ones(end))
