"""Bars as the quality gate takes them: canonical columns and types, of one timeframe."""

import polars as pl

from regime_factory.bars.sessions.resampling import BAR_COLUMNS
from regime_factory.bars.sessions.timeframes import parse_timeframe
from regime_factory.bars.sources.spec import ADJUSTMENT_COLUMNS

_NUMBERS = ("open", "high", "low", "close", "volume")
_UTC = pl.Datetime("us", "UTC")


def prepare(bars: pl.DataFrame) -> pl.DataFrame:
    """Bring bars to the columns that the gate works on.

    Parameters
    ----------
    bars
        Canonical bars; the columns that `standardise` adds may be missing.

    Returns
    -------
    pl.DataFrame
        Canonical columns, ``adj_close``, ``split``, ``dividend``, ``file``, ``row`` and ``fault``.

    Raises
    ------
    ValueError
        Where a column is missing, the table is empty, times are not in UTC or a number is text.

    Examples
    --------
    >>> from datetime import UTC, datetime
    >>> bars = pl.DataFrame({"symbol": "X", "timeframe": "1D",
    ...     "ts": [datetime(2021, 1, 4, 21, tzinfo=UTC)], "open": 1, "high": 2, "low": 1,
    ...     "close": 2, "volume": None, "n_base": 1})
    >>> prepare(bars).select("close", "split", "row", "fault").rows()
    [(2.0, None, 1, None)]
    """
    missing = [name for name in BAR_COLUMNS if name not in bars.columns]
    if missing:
        raise ValueError(
            f"bars lack the column {', '.join(missing)}; they have {', '.join(bars.columns)}; "
            "make canonical bars with standardise"
        )
    if bars.is_empty():
        raise ValueError("the table of bars is empty; expected at least one row")
    found = bars.schema["ts"]
    if found != _UTC:
        raise ValueError(
            f"bars hold ts as {found}, expected {_UTC}; state stamp and zone, and use standardise"
        )
    numbers = [name for name in (*_NUMBERS, *ADJUSTMENT_COLUMNS) if name in bars.columns]
    text = [name for name in numbers if not _holds_numbers(bars.schema[name])]
    if text:
        raise ValueError(f"bars hold text in {', '.join(text)}; read them with standardise")
    row = pl.int_range(1, pl.len() + 1, dtype=pl.UInt32)
    return bars.select(
        pl.col("symbol", "timeframe").cast(pl.String),
        "ts",
        pl.col(_NUMBERS).cast(pl.Float64),
        pl.col("n_base").cast(pl.UInt32),
        *(_given(name, bars).cast(pl.Float64).alias(name) for name in ADJUSTMENT_COLUMNS),
        _given("file", bars).cast(pl.String).alias("file"),
        pl.col("row").cast(pl.UInt32) if "row" in bars.columns else row.alias("row"),
        _given("fault", bars).cast(pl.String).alias("fault"),
    )


def one_timeframe(bars: pl.DataFrame, expected: str | None) -> str:
    """Name of the timeframe that all bars have.

    Parameters
    ----------
    bars
        Bars with ``timeframe``.
    expected
        Timeframe that they should have; ``None`` takes theirs.

    Returns
    -------
    str

    Raises
    ------
    ValueError
        Where they have several, none, an unknown one, or another than expected.

    Examples
    --------
    >>> one_timeframe(pl.DataFrame({"timeframe": ["1H", "1H"]}), None)
    '1H'
    """
    names = bars["timeframe"].unique().sort().to_list()
    if len(names) != 1 or names[0] is None:
        raise ValueError(f"the quality gate takes bars of one timeframe, found {names}")
    parse_timeframe(names[0])
    if expected is not None and expected != names[0]:
        raise ValueError(f"bars have timeframe {names[0]!r}, expected {expected!r}")
    return names[0]


def _given(name: str, bars: pl.DataFrame) -> pl.Expr:
    return pl.col(name) if name in bars.columns else pl.lit(None)


def _holds_numbers(dtype: pl.DataType) -> bool:
    return dtype.is_numeric() or dtype == pl.Null
