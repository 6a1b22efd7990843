"""Bad bars and positions end with a message that says what to do."""

import polars as pl
import pytest

from regime_factory.backtest import run_backtest

from .market import make_bars, make_positions, random_bars

BARS = random_bars(10)
LONG = make_positions(BARS, [1.0] * 10)


def with_value(table, column, row, value):
    return table.with_columns(
        pl.when(pl.int_range(pl.len()) == row).then(value).otherwise(column).alias(column)
    )


@pytest.mark.parametrize(
    ("bars", "message"),
    [
        (BARS.drop("close"), "bars lack the column 'close'; they have symbol"),
        (BARS.clear(), "there are no bars"),
        (with_value(BARS, "symbol", 3, pl.lit("Y")), r"more than one symbol \(X, Y\)"),
        (with_value(BARS, "timeframe", 3, pl.lit("1W")), r"more than one timeframe \(1D, 1W\)"),
        (with_value(BARS, "ts", 3, None), "'X' have no stamp in row 3; drop rows"),
        (BARS[[0, 2, 1, 3]], r"'X' go back in time or repeat at 2020-01-02 21:00 UTC \(row 2\)"),
        (BARS[[0, 1, 1]], r"repeat at 2020-01-02 21:00 UTC \(row 2\)"),
        (
            with_value(BARS, "close", 4, float("nan")),
            r"close of 'X' is nan at 2020-01-05 21:00 UTC \(row 4\)",
        ),
        (with_value(BARS, "close", 4, None), "close of 'X' is nan"),
        (with_value(BARS, "close", 4, 0.0), r"close of 'X' is 0.0 .* must be positive"),
    ],
)
def test_bars(bars, message):
    with pytest.raises(ValueError, match=message):
        run_backtest(bars, LONG, periods_per_year=252)


@pytest.mark.parametrize(
    ("positions", "message"),
    [
        (LONG.drop("position"), "positions lack the column 'position'"),
        (LONG.clear(), "no positions for 'X'"),
        (with_value(LONG, "symbol", 0, pl.lit("Y")), r"another symbol .* 1 rows, .* of 'Y'"),
        (with_value(LONG, "symbol", 0, None), "another symbol"),
        (
            LONG.with_columns(pl.col("ts").dt.offset_by("1h")),
            r"no bar for: 10 rows, the first 1.0 for strategy 's' of 'X' at 2020-01-01 22:00 UTC",
        ),
        (pl.concat([LONG, LONG]), "more than one row"),
        (with_value(LONG, "position", 2, float("nan")), "not numbers: 1 rows, the first nan"),
        (with_value(LONG, "position", 2, None), "not numbers"),
        (with_value(LONG, "position", 2, -1.01), "exceed max_leverage 1: 1 rows, the first -1.01"),
    ],
)
def test_positions(positions, message):
    with pytest.raises(ValueError, match=message):
        run_backtest(BARS, positions, periods_per_year=252)


def test_leverage_is_allowed_on_request():
    wide = with_value(LONG, "position", 2, 2.0)
    assert run_backtest(BARS, wide, periods_per_year=252, max_leverage=2).equity.height == 10


def test_stale_opens_are_no_prices_to_trade_at():
    close = [10.0 + k for k in range(40)]
    for stale, refused in ((2, True), (1, False)):
        opens = [c + 0.5 for c in close]
        for row in range(1, 1 + stale):
            opens[row] = close[row - 1]
        bars = make_bars(close, opens)
        run = {"bars": bars, "positions": make_positions(bars, [1.0] * 40), "periods_per_year": 252}
        assert run_backtest(fill="next_close", **run).equity.height == 40
        if refused:
            with pytest.raises(ValueError, match="5% of the opens of 'X' equal the previous close"):
                run_backtest(fill="next_open", **run)
        else:
            assert run_backtest(fill="next_open", **run).equity.height == 40


def test_missing_opens():
    with pytest.raises(ValueError, match="bars lack the column 'open'"):
        run_backtest(BARS.drop("open"), LONG, periods_per_year=252, fill="next_open")
