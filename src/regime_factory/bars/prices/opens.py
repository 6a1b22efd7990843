"""Whether opening prices are prices one could trade at, or the previous close written once more."""

import polars as pl

MAX_STALE_OPEN_SHARE = 0.05
"""Largest share of opens equal to the previous close for a fill at the open to mean anything."""


def require_traded_opens(bars: pl.DataFrame, symbol: str) -> None:
    """Refuse opens that too often repeat the previous close.

    Parameters
    ----------
    bars : polars.DataFrame
        Bars of one symbol in time order, with `open` and `close`.
    symbol : str
        Whose bars they are, for the message.

    Raises
    ------
    ValueError
        Where more than `MAX_STALE_OPEN_SHARE` of the opens, from the second on, equal the previous
        close.

    Notes
    -----
    Old index series carry the previous close in place of the open: of the S&P 500 until 2005 some
    95 %. A fill at such an open is the fill at the close of the decision's own bar in disguise.

    Examples
    --------
    >>> bars = pl.DataFrame({"open": [1.0, 1.1, 1.2], "close": [1.1, 1.2, 1.3]})
    >>> require_traded_opens(bars, "X")
    Traceback (most recent call last):
    ...
    ValueError: 100% of the opens of 'X' equal the previous close, so they are not prices anyone
    could trade at; use fill="next_close"
    """
    share = (bars["open"] == bars["close"].shift(1)).mean()
    if isinstance(share, float) and share > MAX_STALE_OPEN_SHARE:
        raise ValueError(
            f"{share:.0%} of the opens of {symbol!r} equal the previous close, so they are not "
            'prices anyone could trade at; use fill="next_close"'
        )
