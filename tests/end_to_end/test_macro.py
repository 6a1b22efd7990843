"""Macro series through the nodes: real files by settings alone, and columns for later stages."""

from collections.abc import Callable
from datetime import UTC, date, datetime, timedelta
from pathlib import Path
from typing import Any

import numpy as np
import polars as pl
import pytest
from kedro.framework.project import pipelines
from kedro.framework.session import KedroSession
from kedro.framework.startup import bootstrap_project

from regime_factory.audit import TimeRule, audit_causality
from regime_factory.bars import read_source
from regime_factory.datasets import MacroFiles
from regime_factory.pipelines.graph import run_graph

PROJECT = Path(__file__).resolve().parents[2]
MACRO_PIPELINES = ("ingest", "features_macro")
LEVELS = ("macro_vix_level", "macro_slope_2y10y", "macro_spread_level")


@pytest.fixture(scope="module")
def base() -> tuple[dict[str, Any], dict[str, Any]]:
    """Parameters of conf/base, and its files of macro series."""
    bootstrap_project(PROJECT)
    with KedroSession.create(PROJECT, env="base") as session:
        loader = session.load_context().config_loader
        return loader["parameters"], loader["globals"]["macro_files"]


def build(bars: pl.DataFrame, files: dict[str, Any], settings: dict[str, Any]) -> dict[str, Any]:
    graph = sum((pipelines[name] for name in MACRO_PIPELINES), start=pipelines["ingest"])
    data = {"raw_bars": bars, "raw_macro": MacroFiles(files=files).load()}
    return run_graph(graph, data, settings)


@pytest.fixture(scope="module")
def real(shared_data: Path, base) -> dict[str, Any]:
    """S&P 500 with VIX and Treasury yields of files, and the embedded spread."""
    settings, files = base
    ingest = {**settings["ingest"], "columns": {"ts": "date"}, "date_format": None}
    vix = {**settings["macro"]["sources"]["vix"], "values": {"vix": "close"}}
    macro = {**settings["macro"], "sources": {**settings["macro"]["sources"], "vix": vix}}
    return build(
        read_source(shared_data / "equity" / "SPX_1d_1990_2022.parquet"),
        {
            **files,
            "vix": str(shared_data / "macro" / "VIX_1d_1990_2022.parquet"),
            "treasury": str(shared_data / "macro" / "DGS2_DGS10_1d_1980_2022.parquet"),
        },
        {**settings, "ingest": ingest, "macro": macro},
    )


def at(table: pl.DataFrame, day: str) -> dict[str, Any]:
    return table.filter(pl.col("ts").dt.date() == date.fromisoformat(day)).row(0, named=True)


def test_real_files_fill_all_nine_columns(real) -> None:
    table = real["features_macro"]
    assert table.height == real["bars"].filter(timeframe="1D").height > 6000
    filled = table[260:].null_count().row(0, named=True)
    assert max(filled.values()) <= 5, filled
    assert real["macro_description"]["missing"].null_count() == 9


def test_a_daily_bar_knows_the_figures_that_had_been_published(real) -> None:
    """Dates of 2008 and what was in the newspapers of the day before."""
    table = real["features_macro"]
    assert at(table, "2008-10-10")["macro_vix_level"] == 63.92  # Thursday's close; Friday's: 69.95
    assert at(table, "2008-11-20")["macro_vix_level"] == 74.26  # Wednesday's; Thursday's: 80.86
    assert at(table, "2008-11-21")["macro_vix_level"] == 80.86
    # The average of December 2008, 8.43 - 5.05, is six business days old on Thursday 8 January.
    assert at(table, "2009-01-08")["macro_spread_level"] == pytest.approx(9.21 - 6.12)
    assert at(table, "2009-01-09")["macro_spread_level"] == pytest.approx(8.43 - 5.05)


@pytest.mark.parametrize(("column", "lag"), [("macro_vix_level", 1), ("macro_slope_2y10y", 2)])
def test_the_level_is_that_of_so_many_rows_before(real, shared_data, column, lag) -> None:
    """Told by the raw file alone: the last values that are `lag` days of the file older."""
    if column == "macro_vix_level":
        raw = read_source(shared_data / "macro" / "VIX_1d_1990_2022.parquet")
        values = raw.select("date", value="close")
    else:
        raw = read_source(shared_data / "macro" / "DGS2_DGS10_1d_1980_2022.parquet")
        values = raw.select("date", value=pl.col("DGS10") - pl.col("DGS2"))
    weekdays = values.filter(pl.col("date").dt.weekday() <= 5).sort("date")
    late = weekdays.with_columns(pl.col("value").forward_fill().shift(lag))
    table = real["features_macro"].with_columns(date=pl.col("ts").dt.date())
    both = table.join(late.with_columns(pl.col("date").dt.date()), on="date").drop_nulls("value")
    # Around a holiday the file's own days and business days differ by one.
    assert (both[column] - both["value"]).abs().lt(1e-9).mean() > 0.95
    early = weekdays.with_columns(pl.col("value").shift(lag - 1))
    hasty = table.join(early.with_columns(pl.col("date").dt.date()), on="date").drop_nulls("value")
    assert (hasty[column] - hasty["value"]).abs().lt(1e-9).mean() < 0.2


def test_real_levels_are_plausible(real) -> None:
    table = real["features_macro"]
    assert table["macro_vix_level"].is_between(9, 81).all()
    assert table["macro_vix_percentile_252"].drop_nulls().is_between(1 / 252, 1).all()
    assert table["macro_realised_vol_20"].drop_nulls().is_between(0.03, 0.9).all()
    assert table["macro_slope_2y10y"].is_between(-0.6, 3.0).all()
    assert at(table, "2006-12-29")["macro_slope_2y10y"] < 0 < at(table, "2007-07-20")[LEVELS[1]]
    assert at(table, "2008-11-20")["macro_spread_zscore_60"] > 4
    together = table.drop_nulls().select(pl.corr("macro_vix_level", "macro_realised_vol_20"))
    assert together.item() > 0.8


def test_the_embedded_default_is_vix_from_2014_and_the_spread(base) -> None:
    settings, files = base
    from regime_factory.bars import embedded_bars

    made = build(embedded_bars(), files, settings)
    table, description = made["features_macro"], made["macro_description"]
    known = table.drop_nulls("macro_vix_level")
    assert known["ts"].min().date() == date(2014, 1, 6)
    assert known["symbol"].n_unique() == 2
    assert table["macro_spread_zscore_60"].null_count() == 0
    empty = description.drop_nulls("missing")
    assert empty["column"].to_list() == ["macro_slope_2y10y", "macro_slope_change_20"]
    assert empty["missing"].unique().to_list() == ["treasury_10y, treasury_2y"]
    assert made["macro_series"]["available_at"].max() > made["bars"]["ts"].max()


@pytest.fixture(scope="module")
def daily(raw: pl.DataFrame) -> dict[str, pl.DataFrame]:
    """Fabricated series over the days of the simulated market."""
    first, last = raw["ts"].min().date(), raw["ts"].max().date()
    days = pl.date_range(first - timedelta(days=40), last, "1d", eager=True)
    rng = np.random.default_rng(2)
    return {
        "vix": pl.DataFrame({"date": days, "VIX": 20 + rng.normal(0, 1, len(days)).cumsum()}),
        "treasury": pl.DataFrame(
            {"date": days, "DGS2": rng.normal(1, 0.1, len(days)), "DGS10": [2.0] * len(days)}
        ),
    }


@pytest.fixture(scope="module")
def macro_settings(parameters: dict[str, Any]) -> dict[str, Any]:
    columns = ["macro_vix_percentile_20", "close_logret_current_4H", "macro_slope_change_5"]
    windows = {"vix_window": 20, "slope_window": 5, "trend_window": 10}
    macro = parameters["macro"]
    return {
        **parameters,
        "macro": {**macro, "features": {**macro["features"], **windows}},
        "features": {**parameters["features"], "feature_set": "columns", "columns": columns},
        "hmm": {
            **parameters["hmm"],
            "observations": ["close_logret_current", "macro_vix_percentile_20"],
        },
    }


@pytest.fixture(scope="module")
def run_macro(daily, macro_settings) -> Callable[..., dict[str, Any]]:
    graph = pipelines["__default__"].to_outputs(
        "regimes", "features_description", "macro_description"
    )

    def run(bars: pl.DataFrame, macro: dict[str, Any] = daily, **fixed: Any) -> dict[str, Any]:
        return run_graph(graph, {"raw_bars": bars, "raw_macro": macro, **fixed}, macro_settings)

    return run


@pytest.fixture(scope="module")
def seen(run_macro, raw) -> dict[str, Any]:
    return run_macro(raw)


def test_macro_columns_may_be_listed_and_observed(seen, macro_settings) -> None:
    features, macro = seen["features"], seen["features_macro"]
    assert features.columns == ["symbol", "ts", *macro_settings["features"]["columns"]]
    assert features.select("symbol", "ts").equals(macro.select("symbol", "ts"))
    for name in ("macro_vix_percentile_20", "macro_slope_change_5"):
        assert features[name].equals(macro[name])
        assert features[name].count() > 2000
    observed = ["close_logret_current_4H", "macro_vix_percentile_20"]
    assert seen["hmm.config"]["AAA"]["feature_names"] == observed
    assert seen["regimes"].height > 1000
    assert seen["features_description"]["column"].to_list() == ["close_logret_current_4H"]
    assert seen["macro_description"]["column"].to_list() == macro.columns[2:]


def test_an_unknown_macro_column_names_the_nearest(run_macro, raw, daily, macro_settings) -> None:
    columns = ["macro_vix_percentile_252"]
    settings = {
        **macro_settings, "features": {**macro_settings["features"], "columns": columns}
    }  # fmt: skip
    graph = pipelines["__default__"].to_outputs("features")
    with pytest.raises(ValueError, match="'macro_vix_percentile_252'; did you mean 'macro_vix_per"):
        run_graph(graph, {"raw_bars": raw, "raw_macro": daily}, settings)


def test_bars_that_come_later_change_no_macro_feature(run_macro, raw, seen) -> None:
    rules = {name: TimeRule("ts") for name in ("features_macro", "features", "regimes")}
    zones = {"zones": seen["zones"]}
    cut = seen["regimes"]["ts"][200]
    result = audit_causality(lambda bars: run_macro(bars, **zones), raw, [cut], rules=rules)
    assert result.clean, result.leaks[:5]


@pytest.mark.parametrize("alter", ["remove", "replace"])
def test_what_is_published_later_changes_nothing_before(run_macro, raw, seen, daily, alter) -> None:
    cut = seen["regimes"]["ts"][300]
    day = cut.astimezone(UTC).date()  # known at 16:15 New York of that day at the earliest
    changed = {}
    for name, table in daily.items():
        later = pl.col("date") >= day + timedelta(days=1)
        shifted = table.with_columns(
            pl.when(later).then(pl.exclude("date") * 2 + 1).otherwise(pl.exclude("date"))
        )
        changed[name] = table.filter(~later) if alter == "remove" else shifted
    again = run_macro(raw, changed, zones=seen["zones"])
    for name in ("features_macro", "features", "regimes"):
        known = pl.col("ts") <= cut
        assert again[name].filter(known).equals(seen[name].filter(known)), name
    assert not again["features_macro"].equals(seen["features_macro"])


def test_series_after_the_evaluation_zone_reach_nothing(run_macro, raw, seen, daily) -> None:
    """The holdout's macro values are in `macro_series`, and in no table of features."""
    end: datetime = seen["zones"].filter(zone="evaluation")["end"].item()
    before = {n: t.filter(pl.col("date") <= end.date()) for n, t in daily.items()}
    cut_short = run_macro(raw, before)
    for name in ("features_macro", "features", "regimes"):
        assert cut_short[name].equals(seen[name]), name
    assert cut_short["macro_series"].height < seen["macro_series"].height
    assert seen["features_macro"]["ts"].max() <= end
