"""Files whose prices or volumes are damaged: impossible, stale, spiked, split, adjusted."""

from itertools import pairwise

import polars as pl

from .damaged import (
    DAILY,
    PRICES,
    Corpus,
    File,
    Row,
    changed,
    csv_file,
    daily,
    hourly,
    parquet_file,
    renamed,
    scaled,
    table,
    times,
)

NUMBERS = Corpus()


@NUMBERS.file(finds={"positive prices": ("warn", 2)}, quarantined=2)
def negative_and_zero_prices() -> File:
    rows = changed(hourly(), [50], low="-1.00")
    return csv_file(changed(rows, [90], **dict.fromkeys(PRICES, "0")))


@NUMBERS.file(finds={"high not below low": ("warn", 3)}, quarantined=3)
def high_below_low() -> File:
    return csv_file(changed(hourly(), [50, 60, 70], high="1.00"))


@NUMBERS.file(finds={"open and close within low and high": ("bad", 4)},
              quarantined=4)  # fmt: skip
def open_outside_the_range() -> File:
    return csv_file(changed(hourly(), [50, 90, 130, 170], open=times(1.2)))


@NUMBERS.file(error="no usable row for 'X'.*high and low may be swapped in the settings")
def high_and_low_swapped() -> File:
    return csv_file(renamed(hourly(), high="low", low="high"))


@NUMBERS.file(finds={"open follows close": ("bad", 400)})
def open_and_close_swapped() -> File:
    return csv_file(renamed(hourly(), open="close", close="open"))


@NUMBERS.file(error=r"the close of 'X' never moves: all 400 bars have 100\.0")
def constant_prices() -> File:
    return csv_file(changed(hourly(), range(400), **dict.fromkeys(PRICES, "100.00")))


@NUMBERS.file()
def one_row() -> File:
    return csv_file(hourly(1))


def _frozen(rows: list[Row], places: range) -> list[Row]:
    last = rows[places[0] - 1]["close"]
    return changed(rows, places, **dict.fromkeys(PRICES, last))


@NUMBERS.file(finds={"stale runs": ("warn", 8)})
def feed_that_froze() -> File:
    return csv_file(_frozen(hourly(), range(100, 112)))


@NUMBERS.file(finds={"stale runs": ("bad", 196), "stale opens": ("warn", 200)})
def feed_that_froze_for_half_of_the_history() -> File:
    return csv_file(_frozen(hourly(), range(100, 300)))


@NUMBERS.file(finds={"stale opens": ("warn", 399)})
def opens_that_repeat_the_close() -> File:
    rows = hourly()
    for before, row in pairwise(rows):
        row["open"] = before["close"]
        row["high"], row["low"] = (
            f"{side(float(row['open']), float(row[name])):.2f}"
            for side, name in ((max, "high"), (min, "low"))
        )
    return csv_file(rows)


@NUMBERS.file(finds={"bad ticks": ("warn", 1)})
def one_price_ten_times_too_high() -> File:
    return csv_file(scaled(hourly(), [200], 10.0))


@NUMBERS.file(finds={"bad ticks": ("warn", 2)})
def lows_far_below_the_market() -> File:
    return csv_file(changed(hourly(), [200, 300], low=times(0.5)))


@NUMBERS.file(finds={"outliers": ("warn", 1)})
def price_in_another_currency_from_a_bar_on() -> File:
    return csv_file(scaled(hourly(), range(200, 400), 1.27))


@NUMBERS.file(finds={"split-like jumps": ("warn", 1)}, **DAILY)
def split_that_is_not_stated() -> File:
    return csv_file(scaled(daily(price=1000.0), range(200, 400), 0.5))


@NUMBERS.file(finds={"split-like jumps": ("warn", 1)}, **DAILY)
def reverse_split_that_is_not_stated() -> File:
    return csv_file(scaled(daily(), range(200, 400), 10.0137))


def _with_split(rows: list[Row], place: int, split: str) -> list[Row]:
    return [row | {"split": split if i == place else ""} for i, row in enumerate(rows)]


@NUMBERS.file(**DAILY)
def split_that_is_stated() -> File:
    return csv_file(_with_split(scaled(daily(price=1000.0), range(200, 400), 0.25), 200, "4"))


@NUMBERS.file(
    error=r"there is a split of 4, and the close, .* does not jump.*split_adjusted", **DAILY
)
def split_stated_for_prices_that_are_adjusted() -> File:
    return csv_file(_with_split(daily(), 200, "4"))


@NUMBERS.file(error="split is -4 at .*; expected 0.001 to 1000 new shares per old share", **DAILY)
def split_below_zero() -> File:
    return csv_file(_with_split(daily(), 200, "-4"))


@NUMBERS.file(finds={"open and close within low and high": ("bad", 200)}, quarantined=200, **DAILY)
def close_adjusted_and_the_rest_not() -> File:
    return csv_file(changed(daily(), range(200), close=times(0.5)))


@NUMBERS.file(finds={"volume": ("warn", 150)})
def volume_missing_for_a_part() -> File:
    return csv_file(changed(hourly(), range(150), volume=""))


@NUMBERS.file(finds={"volume": ("warn", 3)})
def volume_below_zero() -> File:
    return csv_file(changed(hourly(), [10, 20, 30], volume="-7"))


@NUMBERS.file()
def no_volume_at_all() -> File:
    return csv_file([{k: v for k, v in row.items() if k != "volume"} for row in hourly()])


@NUMBERS.file(finds={"back-adjustment": ("warn", 629)}, **DAILY)
def early_history_lifted_by_differences() -> File:
    rows = daily(1300, price=60.0, sd=0.01)
    for roll in range(1, 21):  # each roll lifts all rows before it
        lift = dict.fromkeys(PRICES, lambda text: f"{float(text) + 1.503:.3f}")
        rows = changed(rows, range(60 * roll), **lift)
    return csv_file(rows)


@NUMBERS.file(
    finds={"positive prices": ("bad", 120), "gaps": ("warn", 120), "longest gap": ("warn", 2)},
    quarantined=120,
    **DAILY,
)
def early_history_lowered_below_zero() -> File:
    rows = daily()
    lowered = dict.fromkeys(PRICES, lambda text: f"{float(text) - 500:.2f}")
    return csv_file(changed(rows, range(1, 121), **lowered))


@NUMBERS.file()
def decimals_in_parquet() -> File:
    return parquet_file(table(hourly()).with_columns(pl.col(PRICES).cast(pl.Decimal(18, 4))))


@NUMBERS.file()
def times_as_text_in_parquet() -> File:
    return parquet_file(table(hourly()).with_columns(pl.col("time").dt.to_string("%Y-%m-%d %H:%M")))
