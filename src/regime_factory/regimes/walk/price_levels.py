"""Observed prices, which new bars give in another unit than the history after a split."""

from collections.abc import Sequence

import polars as pl

from regime_factory.bars import Session
from regime_factory.features import describe_features


def refuse_price_levels(
    columns: Sequence[str], factors: pl.DataFrame, *, base: str, session: Session | None = None
) -> None:
    """Refuse observed prices where splits or dividends have moved the unit of the bars.

    Parameters
    ----------
    columns
        Observed columns, all made from bars.
    factors
        `adjustment_factors` of the symbols in hand, of the history and of the new bars.
    base
        Timeframe of the base bars.
    session
        As in `build_features`.

    Raises
    ------
    ValueError
        Where there is a factor and a column has the unit ``price``.

    Notes
    -----
    As-of factors begin at 1 on the first bar of a file. Bars of a later file are therefore in
    another unit than the history that the model was fitted on, by the product of all steps before
    them. Returns, ranges and ratios do not change with the unit; prices, and averages and
    differences of prices, do. A step that neither table holds cannot be seen.

    Examples
    --------
    >>> factors = pl.DataFrame({"symbol": ["X"], "factor": [4.0]})
    >>> refuse_price_levels(["close_atr_pct_14_1D"], factors, base="1D")
    >>> refuse_price_levels(["close_atr_14_1D"], factors.clear(), base="1D")
    >>> refuse_price_levels(["close_atr_14_1D"], factors, base="1D")
    Traceback (most recent call last):
    ...
    ValueError: X: the model observes close_atr_14_1D, in units of the price, and splits or ...
    """
    if factors.is_empty():
        return
    described = describe_features(columns=columns, base=base, session=session)
    levels = described.filter(pl.col("unit") == "price")["column"].to_list()
    if levels:
        raise ValueError(
            f"{', '.join(factors['symbol'].unique(maintain_order=True))}: the model observes "
            f"{', '.join(levels)}, in units of the price, and splits or dividends have changed "
            "that unit: factors begin at 1 on the first bar of a file, so new bars are scaled "
            "otherwise than the history of the model; observe the relative form in "
            "hmm.observations, e.g. close_atr_pct_14 in place of close_atr_14, and run "
            "hmm_selection again"
        )
