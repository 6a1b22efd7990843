"""The metrics dictionary: complete, JSON-able, deterministic, equal to its parts."""

import json

import numpy as np
import polars as pl
import pytest

from regime_factory import evaluation
from regime_factory.backtest import Execution, performance, random_timing, run_backtest

from .market import make_positions, make_regimes, random_bars, random_weights

BARS = random_bars(400, seed=2)
SETTINGS = {"fee_bps": 5, "slippage_bps": 2, "cash_rate": 0.01, "periods_per_year": 252}
EXECUTION = Execution(**SETTINGS)
EQUITY = run_backtest(
    BARS,
    pl.concat(
        [
            make_positions(BARS, random_weights(400), "long_flat"),
            make_positions(BARS, [1.0] * 400, "buy_and_hold"),
            make_positions(BARS, [0.0] * 400, "volatility_threshold"),
        ]
    ),
    **SETTINGS,
).equity
FAST = {"n_draws": 100, "n_shifts": 50, "bps": (0, 20)}
WHOLE = {"regimes": make_regimes(400), "n_trials": 4, "trial_sharpe_variance": 0.001}


@pytest.fixture(scope="module")
def figures():
    return performance(EQUITY, BARS, chosen="long_flat", execution=EXECUTION, **FAST, **WHOLE)


def test_json_without_nan_and_twice_the_same(figures):
    again = performance(EQUITY, BARS, chosen="long_flat", execution=EXECUTION, **FAST, **WHOLE)
    assert json.dumps(figures, allow_nan=False) == json.dumps(again, allow_nan=False)


def test_figures_equal_their_definitions(figures):
    own = EQUITY.filter(strategy="long_flat")
    ret, held = own["ret"].to_numpy(), own["held"].to_numpy()
    found = figures["strategies"]["long_flat"]
    market = EQUITY.filter(strategy="buy_and_hold")["ret"].to_numpy()
    sharpe = evaluation.sharpe_ratio(ret, 252, risk_free=0.01)
    theirs = evaluation.sharpe_ratio(market, 252, risk_free=0.01)
    expected = {
        "sharpe": sharpe,
        "sharpe_difference": sharpe - theirs,
        "sortino": evaluation.sortino_ratio(ret, 252, risk_free=0.01),
        "calmar": evaluation.calmar_ratio(ret, 252),
        "cagr": evaluation.cagr(ret, 252),
        "volatility": evaluation.annual_volatility(ret, 252),
        "max_drawdown": own["drawdown"].min(),
        "exposure": np.mean(held != 0),
        "average_weight": np.mean(np.abs(held)),
        "turnover_per_year": own["turnover"].mean() * 252,
        "cost_per_year": own["cost"].mean() * 252,
        "hit_rate": np.mean(ret[held != 0] > 0),
        "switches_per_year": (own["turnover"] > 0).mean() * 252,
    }
    assert {key: found[key] for key in expected} == pytest.approx(expected, rel=1e-9)
    lower, upper = found["sharpe_interval"]
    assert lower < found["sharpe"] < upper
    assert found["label"] == "Long or flat by regime"
    kinds = {name: row["kind"] for name, row in figures["strategies"].items()}
    assert kinds == {
        "long_flat": "strategy",
        "buy_and_hold": "baseline",
        "volatility_threshold": "baseline",
    }


def test_the_other_blocks(figures):
    assert figures["span"] == {
        "start": "2020-01-01T21:00:00+00:00",
        "end": "2021-02-03T21:00:00+00:00",
        "bars": 400,
    }
    timing = random_timing(BARS, EQUITY, "long_flat", EXECUTION, n_shifts=50)
    assert figures["random_timing"] == {"p_value": timing.p_value, "draws": 50}
    ret = EQUITY.filter(strategy="long_flat")["ret"].to_numpy()
    deflated = evaluation.deflated_sharpe_ratio(
        figures["strategies"]["long_flat"]["sharpe"] / np.sqrt(252),
        n_obs=400,
        n_trials=4,
        trial_variance=0.001,
        skew=evaluation.skewness(ret),
        kurtosis=evaluation.kurtosis(ret),
    )
    assert figures["deflated_sharpe"]["value"] == pytest.approx(deflated, rel=1e-9)
    assert figures["deflated_sharpe"]["n_trials"] == 4
    curve = figures["cost_curve"]
    assumed = curve["sharpe"][curve["bps"].index(curve["assumed_bps"])]
    assert assumed == pytest.approx(figures["strategies"]["long_flat"]["sharpe"], rel=1e-9)
    assert {row["name"] for row in figures["conventions"]} >= {"Periods per year", "Fill"}
    assert len(figures["worst_drawdowns"]) == 5
    assert [row["year"] for row in figures["years"]] == [2020, 2021]
    assert len(figures["by_regime"]) == 3


def test_what_does_not_exist_has_a_reason(figures):
    flat = figures["strategies"]["volatility_threshold"]
    assert flat["hit_rate"] is None
    assert figures["notes"]["strategies.volatility_threshold.hit_rate"] == (
        "no position was ever held"
    )
    assert figures["notes"]["strategies.buy_and_hold.sharpe_difference"] == "it is the benchmark"
    bare = performance(EQUITY, BARS, chosen="long_flat", execution=EXECUTION, **FAST)
    assert bare["by_regime"] == []
    assert bare["notes"]["by_regime"] == "no regimes were given"
    assert bare["deflated_sharpe"]["value"] is None
    assert "number of trials" in bare["notes"]["deflated_sharpe.value"]


def test_every_null_has_a_note():
    flat = run_backtest(
        BARS,
        pl.concat([make_positions(BARS, [0.0] * 400, n) for n in ("long_flat", "buy_and_hold")]),
        periods_per_year=252,
    ).equity
    found = performance(flat, BARS, chosen="long_flat", execution=Execution(252), **FAST, **WHOLE)
    row = found["strategies"]["long_flat"]
    for key, value in row.items():
        if value is None:
            assert f"strategies.long_flat.{key}" in found["notes"], key
    for key in ("deflated_sharpe.value", "cost_curve.break_even_bps"):
        assert key in found["notes"]


def test_given_timing_is_used():
    timing = random_timing(BARS, EQUITY, "long_flat", EXECUTION, n_shifts=7)
    found = performance(
        EQUITY, BARS, chosen="long_flat", execution=EXECUTION, timing=timing, **FAST
    )
    assert found["random_timing"]["draws"] == 7


@pytest.mark.parametrize(
    ("equity", "chosen", "message"),
    [
        (EQUITY, "z", "no equity for strategy 'z'; the table holds long_flat, buy_and_hold"),
        (EQUITY.drop("target"), "long_flat", "equity lack the column 'target'"),
        (EQUITY[5:], "long_flat", "'long_flat' and 'buy_and_hold' stand on different bars"),
        (
            pl.concat([EQUITY, EQUITY.with_columns(symbol=pl.lit("Y"))]),
            "long_flat",
            "equity holds 2 symbols",
        ),
    ],
)
def test_bad_input(equity, chosen, message):
    with pytest.raises(ValueError, match=message):
        performance(equity, BARS, chosen=chosen, execution=EXECUTION, **FAST)
