"""Risk forecasts: every row known at its stamp, figures equal to those made by hand."""

import numpy as np
import polars as pl
import pytest

from regime_factory.regimes import (
    GaussianHMM,
    brier_skill,
    drawdown_outcome,
    fit_refits,
    newey_west_t,
    qlike,
)
from regime_factory.regimes.honesty.forecasts import (
    drawdown_figures,
    risk_forecasts,
    volatility_figures,
)

NAMES = ("Calm", "Stress")
BASELINES = ("ewma", "har", "garch", "threshold")


def market(seed, n=900, vols=(0.006, 0.02)):
    """Bars, observations and true states of a market with two levels of volatility."""
    rng = np.random.default_rng(seed)
    states = np.cumsum(rng.random(n) < 0.02) % 2
    ret = np.array(vols)[states] * rng.standard_normal(n)
    close = 100 * np.exp(np.cumsum(ret))
    spread = np.array(vols)[states] * rng.uniform(0.5, 1.5, n)
    rows = pl.DataFrame(
        {
            "ts": pl.datetime_range(
                pl.datetime(2010, 1, 1, time_zone="UTC"),
                pl.datetime(2010, 1, 1, time_zone="UTC") + pl.duration(days=n - 1),
                "1d",
                eager=True,
            ),
            "ret": np.expm1(ret),
            "high": close * np.exp(spread),
            "low": close * np.exp(-spread),
            "close": close,
        }
    )
    return rows, np.column_stack([ret, np.log(spread)]), states


@pytest.fixture(scope="module")
def world():
    rows, X, states = market(1)
    model = GaussianHMM(2, "diag", n_init=3, sticky=0.5)
    refits = fit_refits(X, starts_at=450, refit_every=150, model=model)
    return rows, X, states, refits, risk_forecasts(refits, X, rows)


def test_one_row_per_scored_bar_with_its_own_return(world):
    rows, _, _, _, table = world
    assert table.height == 450
    assert table["ts"].equals(rows["ts"][450:])
    np.testing.assert_allclose(table["squared_return"], rows["ret"][450:] ** 2)
    assert table.null_count().sum_horizontal().item() == 0


def test_later_bars_change_no_row(world):
    rows, X, _, refits, table = world
    cut = 700
    other_rows, other_X, _ = market(99)
    mixed = pl.concat([rows[:cut], other_rows[cut:].with_columns(ts=rows["ts"][cut:])])
    mixed_X = np.concatenate([X[:cut], other_X[cut:]])
    kept = fit_refits(mixed_X, starts_at=450, refit_every=150, model=refits[0].model.clone())
    replaced = risk_forecasts(kept, mixed_X, mixed)
    assert replaced[: cut - 450].equals(table[: cut - 450])
    shorter = fit_refits(X[:cut], starts_at=450, refit_every=150, model=refits[0].model.clone())
    cut_off = risk_forecasts(shorter, X[:cut], rows[:cut])
    for name in table.columns[1:]:
        np.testing.assert_allclose(cut_off[name], table[name][: cut - 450], rtol=1e-9)


@pytest.mark.parametrize("flat_before", [100, 400])
def test_later_bars_without_a_range_change_no_row(world, flat_before):
    """Whether the HAR reads ranges is settled before the first scored row."""
    rows, X, _, refits, _ = world
    cut, row = 700, pl.int_range(pl.len())
    tables = []
    for flat in (row < flat_before, (row < flat_before) | (row >= cut)):
        prices = {n: pl.when(flat).then("close").otherwise(n) for n in ("high", "low")}
        tables.append(risk_forecasts(refits, X, rows.with_columns(**prices))[: cut - 450])
    assert tables[0].equals(tables[1])


def test_volatility_figures_by_hand(world):
    table = world[4]
    found = volatility_figures(table)
    realised = table["squared_return"].to_numpy()[1:]
    own = qlike(realised, table["regime"].to_numpy()[:-1])
    assert found["bars"] == 449
    assert found["qlike"] == pytest.approx(own.mean())
    assert [row["name"] for row in found["yardsticks"]] == list(BASELINES)
    for row in found["yardsticks"]:
        other = qlike(realised, table[row["name"]].to_numpy()[:-1])
        mean, t = newey_west_t(own - other)
        assert row["difference"] == pytest.approx(own.mean() - other.mean())
        assert row["t"] == t
        assert row["lower"] < mean < row["upper"]
        assert row["distinguishable"] == (abs(t) > 1.96)
        assert row["distinguishable"] == (not row["lower"] <= 0 <= row["upper"])


def test_regimes_beat_a_flat_forecast_where_regimes_are_the_truth(world):
    table = world[4]
    flat = table.with_columns(threshold=pl.lit(table["squared_return"].mean()))
    row = volatility_figures(flat)["yardsticks"][3]
    assert row["difference"] < 0
    assert row["distinguishable"]


def test_equal_forecasts_are_not_told_apart(world):
    same = world[4].with_columns(har=pl.col("regime"))
    row = volatility_figures(same)["yardsticks"][1]
    assert (row["difference"], row["t"], row["distinguishable"]) == (0.0, 0.0, False)
    assert (row["lower"], row["upper"]) == (0.0, 0.0)


def test_drawdown_figures_by_hand(world):
    rows, _, states, _, table = world
    close, labels = rows["close"][450:], states[450:]
    found = drawdown_figures(table, close, labels, NAMES, depth=0.05, n_draws=200)
    outcome = drawdown_outcome(close, 20, 0.05)
    known = outcome.is_not_null().to_numpy()
    fell = outcome.fill_null(value=False).to_numpy()
    for state, row in enumerate(found["states"]):
        own = fell[known & (labels == state)]
        assert (row["bars"], row["share"]) == (own.size, own.mean())
        assert row["lower"] <= row["share"] <= row["upper"]
    assert found["share"] == fell[known].mean()
    assert found["difference"] == pytest.approx(
        found["states"][1]["share"] - found["states"][0]["share"]
    )
    assert found["difference"] > 0
    assert found["distinguishable"] is True
    for name, column in (
        ("unconditional", "drawdown_unconditional"),
        ("volatility", "drawdown_by_volatility"),
    ):
        row = found["brier"][name]
        assert row["skill"] == brier_skill(outcome, table["drawdown_by_state"], table[column])
        assert row["lower"] < row["skill"] < row["upper"]


def test_labels_that_know_nothing_show_no_difference(world):
    rows, _, _, _, table = world
    chance = np.cumsum(np.random.default_rng(12).random(450) < 0.03) % 2
    found = drawdown_figures(table, rows["close"][450:], chance, NAMES, n_draws=200)
    assert found["distinguishable"] is False
    assert found["difference_lower"] < 0 < found["difference_upper"]


def test_a_forecast_that_is_its_own_reference_has_no_skill(world):
    rows, _, states, _, table = world
    same = table.with_columns(drawdown_unconditional="drawdown_by_state")
    row = drawdown_figures(same, rows["close"][450:], states[450:], NAMES, n_draws=50)["brier"]
    assert row["unconditional"] == {
        "skill": 0.0, "lower": 0.0, "upper": 0.0, "distinguishable": False,
    }  # fmt: skip


def test_the_same_seed_gives_the_same_figures(world):
    rows, _, states, _, table = world
    first, again = (
        drawdown_figures(table, rows["close"][450:], states[450:], NAMES, n_draws=100, seed=3)
        for _ in range(2)
    )
    assert first == again


def test_without_any_drawdown_there_is_no_skill(world):
    table = world[4]
    rising = np.linspace(100, 200, table.height)
    found = drawdown_figures(table, rising, np.arange(table.height) % 2, NAMES, n_draws=50)
    assert found["share"] == 0.0
    assert found["distinguishable"] is False
    assert all(row["skill"] is None for row in found["brier"].values())


def test_bars_without_a_range_are_forecast_too(world):
    rows, X, _, refits, table = world
    bare = risk_forecasts(refits, X, rows.drop("high", "low"))
    assert bare.drop("har").equals(table.drop("har"))


def test_closes_alone_are_forecast_by_squared_returns(world):
    rows, X, _, refits, table = world
    closes = rows.with_columns(high="close", low="close")
    assert risk_forecasts(refits, X, closes).drop("har").equals(table.drop("har"))


def test_too_few_rows_are_named(world):
    rows, X, states, _, _ = world
    with pytest.raises(ValueError, match="0 of 10 outcomes are known"):
        drawdown_figures(world[4][:10], rows["close"][:10], states[:10], NAMES)
    model = GaussianHMM(2, "diag", n_init=2)
    refits = fit_refits(X, starts_at=110, refit_every=400, model=model)
    with pytest.raises(ValueError, match="too few for a horizon of 60"):
        risk_forecasts(refits, X, rows, horizon=60)
