"""What the quality gate reports about prices that look changed after they were traded."""

import polars as pl

from regime_factory.bars.prices.back_adjustment import (
    DECLARE,
    MEANING,
    suspect_back_adjustment,
)
from regime_factory.bars.prices.contracts import Contract
from regime_factory.bars.prices.price_convention import Prices
from regime_factory.bars.quality.findings import Finding, finding


def back_adjustment_finding(
    kept: pl.DataFrame, contract: Contract | None, prices: Prices
) -> Finding:
    """Report line on the signs of a history that was back-adjusted.

    Parameters
    ----------
    kept
        Kept bars of one symbol, in order.
    contract
        The market's contract, for its tick; ``None`` where it has none.
    prices
        What the prices are said to be.

    Returns
    -------
    dict
        As `finding`.

    Notes
    -----
    Prices that are said to be adjusted are not looked at. Said to be back-adjusted they are a
    warning all the same: they break the rule that input prices are as traded.

    Examples
    --------
    >>> from datetime import datetime
    >>> ts = pl.DataFrame({"ts": [datetime(2021, 1, 4)]})
    >>> back_adjustment_finding(ts, None, "back_adjusted")["severity"]
    'warn'
    """
    name = "back-adjustment"
    if prices == "back_adjusted":
        result = "the prices are said to be back-adjusted by their source"
        return finding(name, "warn", result, MEANING, kept["ts"])
    if prices == "split_adjusted":
        return finding(name, "ok", "the prices are said to be adjusted for splits by their source")
    found = suspect_back_adjustment(kept, contract)
    if not found.suspected:
        return finding(name, "ok", "no sign of prices changed after they were traded")
    return finding(name, "warn", "; ".join(found.signs), MEANING + DECLARE, found.where)
