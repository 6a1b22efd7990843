"""The catalog's validators accept what the room makes and refuse what it must not."""

import polars as pl
import pytest
from pandera.errors import SchemaError

from regime_factory.backtest import choose_strategy, random_timing, run_backtest
from regime_factory.backtest.accounting import Execution
from regime_factory.backtest.schema import Bands, Equity, Positions, StrategySelection, Trades

from .market import make_positions, random_bars, random_weights

BARS = random_bars(60)
POSITIONS = make_positions(BARS, random_weights(60))
RESULT = run_backtest(BARS, POSITIONS, periods_per_year=252, fee_bps=5)
TABLES = {
    Positions: POSITIONS,
    Equity: RESULT.equity,
    Trades: RESULT.trades,
    StrategySelection: choose_strategy(RESULT.equity, periods_per_year=252),
    Bands: random_timing(BARS, RESULT.equity, "s", Execution(252), n_shifts=20).band,
}


@pytest.mark.parametrize("model", TABLES, ids=lambda model: model.__name__)
def test_own_tables_pass(model):
    assert model.validate(TABLES[model]).equals(TABLES[model])
    if model is not StrategySelection:
        assert model.validate(TABLES[model].clear()).height == 0


@pytest.mark.parametrize("model", TABLES, ids=lambda model: model.__name__)
def test_other_columns_and_missing_columns_fail(model):
    table = TABLES[model]
    with pytest.raises(SchemaError):
        model.validate(table.with_columns(extra=1))
    with pytest.raises(SchemaError):
        model.validate(table.drop("symbol"))


@pytest.mark.parametrize(
    ("model", "change"),
    [
        (Positions, {"position": pl.lit(float("nan"))}),
        (Positions, {"ts": pl.col("ts").first()}),
        (Equity, {"cost": pl.col("cost") + 0.01}),
        (Equity, {"drawdown": pl.lit(0.1)}),
        (Trades, {"side": pl.lit(0, pl.Int8)}),
        (StrategySelection, {"selected": pl.lit(value=False)}),
        (Bands, {"lower": pl.col("upper") + 1.0}),
    ],
)
def test_wrong_values_fail(model, change):
    with pytest.raises(SchemaError):
        model.validate(TABLES[model].with_columns(**change))
