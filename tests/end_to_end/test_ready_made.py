"""Features that were made elsewhere, from their file to regimes."""

import logging
from collections.abc import Callable
from datetime import timedelta
from pathlib import Path
from typing import Any

import polars as pl
import pytest
from kedro.framework.project import pipelines

from regime_factory.bars import find_source
from regime_factory.pipelines.graph import run_graph

HOUR = timedelta(hours=1)
COLUMNS = ["own_return", "own_range"]


@pytest.fixture(scope="module")
def ready(raw: pl.DataFrame) -> pl.DataFrame:
    """Two columns made by hand from the simulated bars, each row written ten minutes late."""
    close, own = pl.col("close"), pl.col("high") / pl.col("low")
    return raw.select(
        pl.col("symbol").str.to_lowercase().alias("ticker"),
        (pl.col("ts") + timedelta(minutes=10)).alias("written"),
        (close / close.shift(1)).log().over("symbol").alias("own_return"),
        own.log().alias("own_range"),
    )


@pytest.fixture(scope="module")
def run_ready(parameters: dict[str, Any], raw: pl.DataFrame) -> Callable[..., dict[str, Any]]:
    layout = {
        **parameters["features"]["file"],
        "time": "written",
        "symbol_column": "ticker",
        "max_staleness_days": 1,
    }
    settings = {
        **parameters,
        "features": {**parameters["features"], "feature_set": "file", "file": layout},
        "hmm": {**parameters["hmm"], "observations": COLUMNS},
    }

    def run(table: Any, output: str = "regimes", **fixed: Any) -> dict[str, Any]:
        graph = pipelines["__default__"].to_outputs(output)
        return run_graph(graph, {"raw_bars": raw, "raw_features": table, **fixed}, settings)

    return run


@pytest.fixture(scope="module")
def made(run_ready, ready) -> dict[str, Any]:
    return run_ready(ready)


def test_a_model_observes_the_columns_of_the_file(made, ready) -> None:
    assert made["features"].columns == ["symbol", "ts", *COLUMNS]
    assert made["hmm.config"]["AAA"]["feature_names"] == COLUMNS
    assert made["regimes"].height > 1000
    base = made["bars"].filter(timeframe="1H").select("symbol", "ts")
    assert made["features"].select("symbol", "ts").equals(base)
    for symbol in ("AAA", "BBB"):
        own = made["features"].filter(symbol=symbol)
        given = ready.filter(ticker=symbol.lower())
        for ts, value in own.select("ts", "own_range").sample(40, seed=1).iter_rows():
            known = given.filter(pl.col("written").is_between(ts - 24 * HOUR, ts))
            expected = known["own_range"][-1] if known.height else None
            assert value == expected, "the bar's own row was written ten minutes after its close"


def test_later_rows_of_the_file_change_no_earlier_feature(made, run_ready, ready) -> None:
    stamps = made["features"]["ts"].unique().sort()
    fits = {name: made[name] for name in ("zones", "hmm.refits")}
    for cut in stamps[[300, 900, 1500]]:
        later, early = pl.col("written") > cut, pl.col("ts") <= cut
        changed = ready.with_columns(
            pl.when(later).then(-pl.col(name)).otherwise(name).alias(name) for name in COLUMNS
        )
        again = run_ready(changed, **fits)
        for name in ("features", "hmm.observations", "regimes"):
            assert made[name].filter(early).equals(again[name].filter(early)), (name, cut)
            assert not made[name].equals(again[name]), (name, cut)
        removed = run_ready(ready.filter(~later), "features")["features"]
        assert made["features"].filter(early).equals(removed.filter(early)), cut


def test_a_large_file_of_features_gives_the_same(made, run_ready, ready, tmp_path: Path) -> None:
    ready.write_parquet(tmp_path / "features.parquet")
    again = run_ready(find_source(tmp_path / "features.parquet"), "features")
    assert again["features"].equals(made["features"])


def test_values_that_are_not_finite_are_logged(run_ready, ready, caplog) -> None:
    holes = ready.with_columns(
        own_range=pl.when(pl.int_range(pl.len()) % 100 == 99)
        .then(float("nan"))
        .otherwise("own_range")
    )
    with caplog.at_level(logging.WARNING):
        again = run_ready(holes, "features")
    assert f"own_range of the feature file: {holes.height // 100} cells are NaN" in caplog.text
    assert again["features"]["own_range"].is_finite().all()


def test_a_missing_file_is_named(run_ready) -> None:
    with pytest.raises(ValueError, match=r"no file of features was named; .* features_path=FILE"):
        run_ready(None)
