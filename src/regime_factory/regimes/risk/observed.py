"""The bars behind the observations, with the prices that risk figures need."""

import polars as pl


def observed_bars(observations: pl.DataFrame, bars: pl.DataFrame, timeframe: str) -> pl.DataFrame:
    """Give the observed bar of each observation of one symbol.

    Parameters
    ----------
    observations : polars.DataFrame
        Table of `observe`, one symbol.
    bars : polars.DataFrame
        Canonical bars that contain the timeframe.
    timeframe : str
        Timeframe that is observed.

    Returns
    -------
    polars.DataFrame
        ``symbol, ts, ret, high, low, close``, row by row as the observations: ``ts`` and ``ret``
        are theirs, prices those of the last bar that closed by then.

    Raises
    ------
    ValueError
        For an observation without such a bar.

    Examples
    --------
    >>> from datetime import datetime as day
    >>> seen = pl.DataFrame({"symbol": "X", "ts": [day(2024, 1, 3)], "ret": [0.01]})
    >>> bars = pl.DataFrame({"symbol": "X", "timeframe": "1D", "ts": [day(2024, 1, 2)],
    ...     "open": [9.0], "high": [10.0], "low": [8.0], "close": [9.5]})
    >>> observed_bars(seen, bars, "1D").row(0)[2:]
    (0.01, 10.0, 8.0, 9.5)
    """
    symbol = observations["symbol"][0]
    own = bars.filter(pl.col("symbol") == symbol, pl.col("timeframe") == timeframe)
    joined = observations.select("symbol", "ts", "ret").join_asof(
        own.select("ts", "high", "low", "close").sort("ts"), on="ts", strategy="backward"
    )
    missing = joined.filter(pl.col("close").is_null())
    if missing.height:
        raise ValueError(
            f"{symbol} has no {timeframe} bar at or before the observation of {missing['ts'][0]}; "
            "give the bars that the observations were made from"
        )
    return joined
