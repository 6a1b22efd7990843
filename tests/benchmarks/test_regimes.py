"""The study on real bars: sets are cut before the holdout, labels and forecasts are causal."""

import numpy as np
import pytest
from numpy.testing import assert_allclose


@pytest.fixture
def study(monkeypatch, request):
    monkeypatch.syspath_prepend(str(request.config.rootpath))
    from benchmarks import bench_regimes

    return bench_regimes


@pytest.fixture
def sets(study):
    from benchmarks import market_sets

    return market_sets


def test_sets_end_before_the_last_tenth(sets, shared_data):
    import polars as pl

    for name, file in sets.FILES.items():
        raw = pl.read_parquet(shared_data / f"{file}.parquet")
        market = sets.load(name)
        assert len(market) == round(0.9 * raw.height) - 1
        assert 0 < market.n_selection < len(market)
        assert np.isfinite(market.X).all()
        assert market.prices[-1, 3] > 0


def test_days_of_hours_equal_the_daily_file(sets, shared_data):
    days, last = sets.daily(sets.load("SPY_1h"))
    file = sets.load("SPY_1d")
    common = np.isin(file.dates, days.dates[1:-1])
    inside = np.isin(days.dates, file.dates.filter(common))
    assert common.sum() > 5000
    assert_allclose(days.X[inside], file.X[common], atol=1e-9)
    assert len(last) == len(days)


def test_slots_are_scaled_by_training_rows_only(sets, shared_data):
    from dataclasses import replace

    market = sets.load("SPY_1h")
    later = market.X.copy()
    later[20_000:] *= 3
    scaled = sets.by_slot(market, 20_000).X
    assert_allclose(scaled[:20_000], sets.by_slot(replace(market, X=later), 20_000).X[:20_000])
    for slot in np.unique(market.slot):
        own = scaled[:20_000][market.slot[:20_000] == slot]
        assert_allclose(own.std(axis=0), market.X[:20_000].std(axis=0))


def test_label_levels_by_hand(study):
    found = study.regime_defaults.label_levels(np.array([0, 0, 1]), np.array([1.0, 3.0, 8.0]), 3)
    assert_allclose(found, [2.0, 8.0, 4.0])


@pytest.mark.slow
def test_forecasts_do_not_know_what_comes(study, shared_data):
    from dataclasses import replace

    defaults = study.regime_defaults
    market = defaults.daily_set("ES_1d")
    cut = 1500
    changed = replace(market, X=market.X.copy())
    changed.X[cut:, 0] *= 5
    forecasts = []
    for version in (market, changed):
        setup = replace(defaults.BASE, n_states=2, refit_every=250)
        refits = defaults.fit_walk(version.X, version.returns, setup, 1008)
        forecasts.append(defaults.label_variance(refits, version.X, version.returns, 0.95)[:cut])
    assert_allclose(*forecasts, rtol=1e-12)


@pytest.mark.slow
def test_tables_of_a_small_study(study, shared_data, monkeypatch):
    monkeypatch.setattr(study.regime_cells, "STATES", (2,))
    variants = ("defaults", "K 2", "label threshold .5")
    found = {("defaults", "ES_1d"): study.regime_defaults.compare("ES_1d", variants)}
    for emission in study.regime_cells.EMISSIONS:
        market = study.load("ES_1d")
        figures = study.regime_cells.measure(market, emission, 2, n_init=3)
        found["cells", "ES_1d", emission] = [{"k": 2, **figures}]
    text = study.tables(found)
    assert "| K 2 |" in text
    assert "| ES_1d | 2 |" in text
