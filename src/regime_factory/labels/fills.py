"""Where a decision is filled, and which bars are its outcome."""

from dataclasses import dataclass
from typing import Literal

Fill = Literal["next_close", "next_open", "signal_close"]


@dataclass(frozen=True)
class FillTiming:
    """Bars between a decision at the close of bar i and what follows from it.

    Parameters
    ----------
    entry_price : {"open", "close"}
        Price of the entry bar that the trade is entered at.
    entry_lag : int
        The trade is entered in bar ``i + entry_lag``.
    outcome_lag : int
        Bar ``i + outcome_lag`` is the first that can decide the outcome; with a horizon of h bars
        ``i + outcome_lag + h - 1`` is the last.
    """

    entry_price: Literal["open", "close"]
    entry_lag: int
    outcome_lag: int


FILL_TIMINGS: dict[str, FillTiming] = {
    "next_close": FillTiming("close", 1, 2),
    "next_open": FillTiming("open", 1, 1),
    "signal_close": FillTiming("close", 0, 1),
}


def fill_timing(fill: str) -> FillTiming:
    """Look up when a fill happens.

    Parameters
    ----------
    fill : {"next_close", "next_open", "signal_close"}
        As in `regime_factory.backtest`.

    Returns
    -------
    FillTiming

    Raises
    ------
    TypeError
        If it is no text.
    ValueError
        If the fill is unknown.

    Examples
    --------
    >>> fill_timing("next_close")
    FillTiming(entry_price='close', entry_lag=1, outcome_lag=2)
    """
    if not isinstance(fill, str):
        raise TypeError(f"fill is {fill!r}; choose one of {', '.join(FILL_TIMINGS)}")
    if fill not in FILL_TIMINGS:
        raise ValueError(f"fill is {fill!r}; choose one of {', '.join(FILL_TIMINGS)}")
    return FILL_TIMINGS[fill]
