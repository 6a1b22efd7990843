"""Overfit statistics against published values."""

import math

import numpy as np
import pytest
from scipy import stats

from regime_factory.evaluation import (
    deflated_sharpe_ratio,
    expected_maximum_sharpe,
    kurtosis,
    minimum_track_record_length,
    probabilistic_sharpe_ratio,
    sharpe_ratio,
    skewness,
)

PAPER = {
    "n_obs": 1250,
    "trial_variance": 0.5 / 250,
    "skew": -3.0,
    "kurtosis": 10.0,
}


@pytest.mark.parametrize(("n_trials", "expected"), [(100, 0.900397), (46, 0.950502)])
def test_deflated_sharpe_of_the_paper(n_trials, expected):
    found = deflated_sharpe_ratio(2.5 / math.sqrt(250), n_trials=n_trials, **PAPER)
    assert found == pytest.approx(expected, abs=5e-7)


def test_expected_maximum_of_the_paper():
    assert expected_maximum_sharpe(100, 0.5 / 250) == pytest.approx(0.113172, abs=5e-7)


@pytest.mark.slow
def test_expected_maximum_of_simulated_trials():
    draws = np.random.default_rng(0).normal(0, 0.1, (20_000, 30)).max(axis=1)
    assert expected_maximum_sharpe(30, 0.01) == pytest.approx(draws.mean(), rel=0.02)


@pytest.mark.parametrize(("skew", "kurt", "expected"), [(0, 3, 0.982), (-2.448, 10.164, 0.913)])
def test_probabilistic_sharpe_of_the_paper(skew, kurt, expected):
    found = probabilistic_sharpe_ratio(0.458, n_obs=24, skew=skew, kurtosis=kurt)
    assert found == pytest.approx(expected, abs=5e-4)


@pytest.mark.parametrize(
    ("sharpe", "skew", "kurt", "years"),
    [(0.7079, -0.2250, 2.9570, 0.7152), (0.8183, -1.4455, 7.0497, 1.1593)],
)
def test_minimum_track_record_of_the_paper(sharpe, skew, kurt, years):
    months = minimum_track_record_length(sharpe, skew=skew, kurtosis=kurt)
    assert months / 12 == pytest.approx(years, abs=5e-5)


def test_track_record_length_inverts_the_probability():
    needed = minimum_track_record_length(0.1, skew=-1, kurtosis=6, benchmark=0.02, confidence=0.9)
    found = probabilistic_sharpe_ratio(0.1, n_obs=needed, skew=-1, kurtosis=6, benchmark=0.02)
    assert found == pytest.approx(0.9, abs=1e-12)
    assert minimum_track_record_length(0.1, benchmark=0.1) == math.inf


def test_one_trial_deflates_nothing():
    plain = probabilistic_sharpe_ratio(0.05, n_obs=500)
    assert deflated_sharpe_ratio(0.05, n_obs=500, n_trials=1, trial_variance=0.3) == plain


def test_moments():
    ret = np.random.default_rng(1).standard_t(5, 400)
    assert skewness(ret) == pytest.approx(stats.skew(ret), rel=1e-12)
    assert kurtosis(ret) == pytest.approx(stats.kurtosis(ret, fisher=False), rel=1e-12)
    assert (skewness([0.1, 0.1]), kurtosis([0.1, 0.1])) == (0.0, 3.0)


@pytest.mark.slow
def test_probabilistic_sharpe_is_uniform_without_skill():
    draws = np.random.default_rng(2).normal(0, 0.01, (2000, 250))
    values = [probabilistic_sharpe_ratio(sharpe_ratio(r, 1), n_obs=250) for r in draws]
    assert stats.kstest(values, "uniform").pvalue > 0.01


def test_bad_input():
    with pytest.raises(ValueError, match="n_obs is 1"):
        probabilistic_sharpe_ratio(0.1, n_obs=1)
    with pytest.raises(ValueError, match="n_trials is 0"):
        expected_maximum_sharpe(0, 0.1)
    with pytest.raises(ValueError, match="trial_variance is nan"):
        expected_maximum_sharpe(5, math.nan)
    with pytest.raises(ValueError, match="3 for normal"):
        probabilistic_sharpe_ratio(1.0, n_obs=100, skew=3.0, kurtosis=0.0)
