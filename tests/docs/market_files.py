"""Small files of bars as users have them, by the names that the pages use."""

from collections.abc import Callable
from datetime import datetime, timedelta
from pathlib import Path

import polars as pl

from regime_factory.bars import embedded_bars
from regime_factory.simulate import simulate_market

from .pages import PROJECT


def hourly(symbol: str | None = None, n_bars: int = 15_000) -> pl.DataFrame:
    """Hourly bars round the clock, stamped at their open in UTC."""
    bars = simulate_market(n_bars, n_states=2, timeframe="1H", stay=0.99, seed=2).bars
    named = {} if symbol is None else {"symbol": pl.lit(symbol)}
    return bars.select(
        timestamp=pl.col("ts") - timedelta(hours=1), **named,
        open="open", high="high", low="low", close="close",
    )  # fmt: skip


def in_sessions(symbol: str, zone: str, hours: range, n_days: int) -> pl.DataFrame:
    """Hourly bars of weekday sessions on the hours of the clock, stamped at their open in UTC.

    Hours below 0 are those of the evening before.
    """
    first = datetime(2015, 1, 5)
    days = [first + timedelta(days=n) for n in range(n_days * 7 // 5)]
    local = [day + timedelta(hours=hour) for day in days if day.weekday() < 5 for hour in hours]
    stamps = pl.Series(local).dt.replace_time_zone(zone, ambiguous="earliest", non_existent="null")
    stamps = stamps.dt.convert_time_zone("UTC").cast(pl.Datetime("us", "UTC")).drop_nulls()
    prices = simulate_market(len(stamps), n_states=2, timeframe="1H", stay=0.99, seed=4).bars
    return prices.select(
        stamps.alias("timestamp"), pl.lit(symbol).alias("symbol"),
        "open", "high", "low", "close", pl.col("volume").round().cast(pl.Int64),
    )  # fmt: skip


def daily(symbol: str | None, date: str, n_bars: int = 2500) -> pl.DataFrame:
    """Daily bars with ISO dates."""
    own = embedded_bars().filter(symbol="SP500").tail(n_bars)
    day = own["Date"].str.to_date("%m/%d/%Y").alias(date)
    prices = [
        pl.col(name).cast(pl.Float64).round(2).alias(name.lower())
        for name in ("Open", "High", "Low", "Close", "Volume")
    ]
    named = [] if symbol is None else [pl.lit(symbol).alias("symbol")]
    return own.select(day, *named, *prices)


def yields() -> pl.DataFrame:
    """Two yields by date."""
    own = daily(None, "date")
    level = pl.col("close").log()
    return own.select("date", DGS2=level - 5, DGS10=level - 4)


MAKERS: dict[str, Callable[[], pl.DataFrame]] = {
    "btc_1h.parquet": lambda: hourly("BTCUSDT"),
    "spy_1h.csv.gz": lambda: in_sessions("SPY", "America/New_York", range(9, 16), 900),
    "es_1h.parquet": lambda: in_sessions("ES", "America/Chicago", range(-7, 16), 700),
    "es.csv": lambda: daily(None, "Date"),
    "BTCUSDT_1h.parquet": lambda: hourly("BTCUSDT"),
    "SPY_1h.parquet": lambda: in_sessions("SPY", "America/New_York", range(9, 16), 900),
    "SPY_1d.parquet": lambda: daily("SPY", "date"),
    "MSFT_1d.parquet": lambda: daily("MSFT", "date"),
    "SPX_1d.parquet": lambda: daily("SPX", "date"),
    "futures/ES_1d.parquet": lambda: daily("ES", "date"),
    "futures/NQ_1d.parquet": lambda: daily("NQ", "date"),
    "VIX_1d.parquet": lambda: daily("VIX", "date").drop("volume"),
    "DGS2_DGS10_1d.parquet": yields,
    "new_bars.csv": lambda: embedded_bars().group_by("symbol", maintain_order=True).tail(400),
}


SHARED = {
    "BTCUSDT_1h.parquet": "crypto/BTCUSDT_1h_2018_2022_no_volume.parquet",
    "SPY_1h.parquet": "equity/SPY_1h_1998_2021.parquet",
    "SPY_1d.parquet": "equity/SPY_1d_1998_2021.parquet",
    "MSFT_1d.parquet": "equity/MSFT_1d_1990_2022.parquet",
    "SPX_1d.parquet": "equity/SPX_1d_1990_2022.parquet",
    "futures/ES_1d.parquet": "futures/ES_1d_2010_2020.parquet",
    "futures/NQ_1d.parquet": "futures/NQ_1d_2010_2020.parquet",
    "VIX_1d.parquet": "macro/VIX_1d_1990_2022.parquet",
    "DGS2_DGS10_1d.parquet": "macro/DGS2_DGS10_1d_1980_2022.parquet",
}
"""Real files, by the names that the page on market files gives them."""


def write_market_files(folder: Path) -> None:
    """Write every file into a folder; real files take the place of made ones where they are."""
    shared = PROJECT.parent / "shared" / "data"
    (folder / "futures").mkdir()
    for name, make in MAKERS.items():
        if (shared / SHARED.get(name, "-")).is_file():
            (folder / name).symlink_to(shared / SHARED[name])
            continue
        frame = make()
        if name.endswith(".parquet"):
            frame.write_parquet(folder / name)
        elif name.endswith(".gz"):
            import gzip

            (folder / name).write_bytes(gzip.compress(frame.write_csv().encode()))
        else:
            frame.write_csv(folder / name)
