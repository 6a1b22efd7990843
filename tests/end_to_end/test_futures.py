"""The futures environment from file to judged strategies, and what files may say of splits."""

from datetime import UTC, datetime
from pathlib import Path
from typing import Any

import numpy as np
import polars as pl
import pytest
from kedro.framework.project import pipelines
from kedro.framework.session import KedroSession
from kedro.framework.startup import bootstrap_project

from regime_factory.bars import Session, read_source
from regime_factory.bars.sessions.session import session_calendar
from regime_factory.pipelines.graph import run_graph

PROJECT = Path(__file__).resolve().parents[2]
CHICAGO = "America/Chicago"
TICK = 0.25
QUICK = {
    "hmm": {"n_init": 2, "n_fresh": 0, "n_states_max": 2, "n_states_profile_max": 2},
    "backtest": {"n_draws": 50, "n_shifts": 20},
}


def globex_hours(symbols: tuple[str, ...], first: str, last: str) -> pl.DataFrame:
    """Hourly open-stamped bars in whole ticks: Sunday opens, maintenance, half days, DST."""
    session = Session(timezone=CHICAGO, open="17:00", close="16:00", calendar="CMES")
    span = [datetime.fromisoformat(day).replace(tzinfo=UTC) for day in (first, last)]
    days = session_calendar(*span, session).filter(pl.col("close") <= span[1])
    stamps = pl.concat(
        pl.datetime_range(opened, closed, "1h", closed="left", eager=True)
        for opened, closed in days.select("open", "close").iter_rows()
    )
    tables = []
    for place, symbol in enumerate(symbols):
        rng = np.random.default_rng(place)
        storm = np.cumsum(rng.random(stamps.len()) < 0.002) % 2
        moves = rng.standard_normal(stamps.len()) * np.where(storm, 0.006, 0.002)
        close = 3000 * (1 + place) * np.exp(np.cumsum(moves))
        start = np.concatenate((close[:1], close[:-1])) * np.exp(rng.normal(0, 5e-4, close.size))
        wick = np.exp(np.abs(rng.normal(0, 1e-3, close.size)))
        prices = {
            "open": start,
            "high": np.maximum(start, close) * wick,
            "low": np.minimum(start, close) / wick,
            "close": close,
        }
        columns = {name: np.round(value / TICK) * TICK for name, value in prices.items()}
        table = pl.DataFrame({"timestamp": stamps, "symbol": symbol, **columns})
        tables.append(table.with_columns(volume=pl.Series(rng.integers(1, 9999, close.size))))
    return pl.concat(tables).sort("timestamp", "symbol")


def settings_of(env: str, **changes: dict[str, Any]) -> dict[str, Any]:
    """Parameters of an environment, quick, with further changes."""
    bootstrap_project(PROJECT)
    with KedroSession.create(PROJECT, env=env) as session:
        parameters = session.load_context().config_loader["parameters"]
    for name, block in [*QUICK.items(), *changes.items()]:
        parameters[name] |= block
    return parameters


def run(parameters: dict[str, Any], raw: pl.DataFrame, *outputs: str) -> dict[str, Any]:
    graph = pipelines["__default__"].to_outputs(*outputs)
    return run_graph(graph, {"raw_bars": raw, "zones_before": None}, parameters)


def contracts(roll: str) -> dict[str, dict[str, Any]]:
    return {
        "ES": {"tick_size": 0.25, "multiplier": 50, "roll": roll},
        "NQ": {"tick_size": 0.25, "multiplier": 20, "roll": roll},
    }


def conventions(made: dict[str, Any], symbol: str) -> dict[str, str]:
    rows = made["backtest.metrics"][symbol]["conventions"]
    return {row["name"]: str(row["value"]) for row in rows}


@pytest.mark.slow
def test_two_markets_of_hourly_bars_in_23_hour_sessions() -> None:
    raw = globex_hours(("ES", "NQ"), "2019-01-02", "2021-01-02")
    made = run(settings_of("futures"), raw, "backtest.metrics", "quality_report", "bars")
    assert set(made["backtest.metrics"]) == {"ES", "NQ"}
    for line in made["quality_report"]["symbols"].values():
        assert line["quarantined"] == 0
        found = {check["check"]: check["severity"] for check in line["checks"]}
        for check in ("on grid", "session hours", "gaps", "incomplete sessions", "back-adjustment"):
            assert found[check] == "ok", check
    daily = made["bars"].filter(pl.col("timeframe") == "1D", pl.col("symbol") == "ES")
    local = daily["ts"].dt.convert_time_zone(CHICAGO)
    assert set(local.dt.hour()) == {16, 12}, "half days close at noon"
    assert set(daily.filter(local.dt.hour() == 16)["n_base"]) == {23}
    assert set(local.dt.weekday()) == {1, 2, 3, 4, 5}, "Sunday evening is part of Monday"
    assert set(daily.filter(local.dt.hour() == 16)["ts"].dt.hour()) == {21, 22}, "DST and not"
    four = made["bars"].filter(pl.col("timeframe") == "4H", pl.col("symbol") == "NQ")
    hours = four["ts"].dt.convert_time_zone(CHICAGO).dt.hour()
    assert set(hours) - {12} == {21, 1, 5, 9, 13, 16}, "bins count from the open at 17:00"
    told = conventions(made, "ES")
    assert told["Dividends"] == "a futures contract pays none"
    assert told["Roll"].startswith("contracts joined as traded")
    assert made["backtest.metrics"]["NQ"]["prices"]["roll"] == "unadjusted"


@pytest.mark.slow
def test_two_daily_files_need_settings_only(shared_data: Path) -> None:
    raw = read_source(shared_data / "futures" / "*_1d_2010_2020.parquet")
    parameters = settings_of(
        "futures",
        market={
            "timeframe": "1D",
            "timeframes": "1D;1W",
            "contracts": contracts("difference_adjusted"),
        },
        ingest={
            "columns": {"ts": "date"},
            "stamp": "session_close",
            "timezone": CHICAGO,
            "prices": "back_adjusted",
        },
    )
    parameters["market"]["session"]["calendar"] = "XNYS"
    made = run(parameters, raw, "backtest.metrics", "bars")
    assert set(made["backtest.metrics"]) == {"ES", "NQ"}
    assert made["bars"]["timeframe"].unique().sort().to_list() == ["1D", "1W"]
    told = conventions(made, "ES")
    assert told["Prices"].startswith("back-adjusted by the source")
    assert told["Roll"].startswith("joined by differences")
    summary = made["backtest.metrics"]["NQ"]["prices"]["summary"]
    assert summary == "futures prices back-adjusted by differences"


def test_a_roll_that_contradicts_the_prices_stops_at_ingest() -> None:
    raw = globex_hours(("ES",), "2019-01-02", "2019-02-01")
    parameters = settings_of("futures", market={"contracts": contracts("ratio_adjusted")})
    with pytest.raises(ValueError, match=r"market.contracts.ES.roll is ratio_adjusted.*as_traded"):
        run(parameters, raw, "bars_checked")


def daily_with_events() -> pl.DataFrame:
    """A thousand days, a split on day 600 and a dividend every 63 days, as traded."""
    rng = np.random.default_rng(1)
    days = pl.date_range(pl.date(2010, 1, 4), pl.date(2013, 12, 31), "1d", eager=True)
    days = days.filter(days.dt.weekday() <= 5)
    place = np.arange(days.len())
    split = np.where(place == 600, 2.0, 1.0)
    dividend = np.where((place % 63 == 62), 0.5, 0.0)
    close = [100.0]
    for shares, cash, move in zip(split[1:], dividend[1:], rng.normal(0, 0.01, 2000), strict=False):
        close.append((close[-1] / shares - cash) * float(np.exp(move)))
    price, wick = pl.Series(close), pl.Series(1 + np.abs(rng.normal(0, 0.01, days.len())))
    return pl.DataFrame(
        {
            "date": days.dt.to_string(),
            "symbol": "STOCK",
            "open": price * 1.001,
            "high": price * 1.001 * wick,
            "low": price / wick,
            "close": price,
            "volume": 1000.0 * pl.Series(split).cum_prod(),
            "split": split,
            "dividend": dividend,
        }
    )


@pytest.mark.parametrize("dividends", ["excluded", "reinvested"])
def test_splits_and_dividends_of_a_file_are_applied_and_named(dividends: str) -> None:
    raw = daily_with_events()
    parameters = settings_of(
        "base",
        market={"timeframes": ["1D"]},
        ingest={"columns": {"ts": "date"}, "date_format": None, "dividends": dividends},
        zones={"selection_end": 0.5, "evaluation_end": 0.9, "min_bars": 50},
    )
    parameters["market"]["session"]["calendar"] = None
    made = run(parameters, raw, "backtest.metrics", "bars", "bars_checked", "adjustments_seen")
    bars = made["bars"]
    assert bars["close"].pct_change().abs().max() < 0.06, "no crash where the split is"
    np.testing.assert_allclose(bars["volume"], 1000.0)
    assert made["bars_checked"]["close"].to_list() == raw["close"].to_list(), "kept as traded"
    seen = made["adjustments_seen"]
    assert seen["ts"].max() <= made["zones"].filter(zone="evaluation")["end"].item()
    told = conventions(made, "STOCK")
    assert told["Prices"] == ("as traded; 1 split in the span, applied from the ex-date on (as of)")
    start, end = (
        datetime.fromisoformat(made["backtest.metrics"]["STOCK"]["span"][side])
        for side in ("start", "end")
    )
    inside = made["bars_checked"].with_columns(paid=raw["dividend"]).filter(
        (pl.col("ts") > start) & (pl.col("ts") <= end) & (pl.col("paid") > 0)
    )  # fmt: skip
    expected = {
        "excluded": "excluded: price return only",
        "reinvested": "reinvested at the ex-date, at the previous close less the dividend: "
        f"{inside.height} in the span",
    }
    assert told["Dividends"] == expected[dividends]
