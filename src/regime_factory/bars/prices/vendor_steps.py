"""What a vendor's adjusted close says about splits and dividends: its steps against the close."""

import polars as pl

_MOST_DECIMALS = 8
_FLOAT32 = 2.0**-24  # relative rounding of a 32-bit number, in which many vendors keep prices
_LEAST_TOLERANCE = 1e-6
_CLEARLY_SPLIT = 1.5
_SMALL_DIVIDEND = 1.05
_WHOLE = (*range(2, 51), 60, 70, 75, 80, 90, 100)
_FRACTIONS = (1.2, 1.25, 4 / 3, 1.5, 1.6, 5 / 3, 1.75, 2.25, 2.5, 3.5)
SIMPLE_SPLITS = tuple(sorted({*_WHOLE, *_FRACTIONS, *(1 / r for r in (*_WHOLE, *_FRACTIONS))}))
"""New shares per old share of the splits that companies make, reverse splits among them."""


def vendor_steps(close: pl.Series, adj_close: pl.Series) -> pl.DataFrame:
    """Steps of a vendor's adjusted close against the close of the same rows.

    Parameters
    ----------
    close
        As-traded close of one symbol's kept bars, in time order, positive.
    adj_close
        The vendor's adjusted close of the same bars; null where the file has none.

    Returns
    -------
    pl.DataFrame
        One row per bar. ``step``: by how much ``adj_close / close`` grew since the last row that
        has one; null where it is not known, exactly 1.0 where rounding explains the difference.
        ``tolerance``: relative error that rounding of the file leaves in the step. ``gap``: whether
        rows without an adjusted close lie in between.

    Notes
    -----
    A vendor multiplies the whole history by one number at each split and dividend, so the ratio
    moves at the event and nowhere else, and a step is the same number whatever came later. The
    decimals of the file are counted over the rows up to the one in hand. An event smaller than half
    a unit of the file's last decimal cannot be seen.

    Examples
    --------
    >>> vendor_steps(pl.Series([100.0, 51.25]), pl.Series([50.01, 51.25]))["step"].round(3).item(1)
    2.0
    """
    frame = pl.DataFrame({"close": close, "adj": adj_close.cast(pl.Float64)}).with_row_index("at")
    known = frame.filter(pl.col("adj").is_not_null()).with_columns(
        half_close=_half_unit("close"), half_adj=_half_unit("adj")
    )
    before = pl.col("close", "adj").shift(1).name.suffix("_before")
    error = pl.sum_horizontal(pl.col(f"half_{name}") / pl.col(column) for name, column in _ERRORS)
    ratio = pl.col("adj") / pl.col("close")
    known = known.with_columns(before).select(
        "at",
        step=ratio / ratio.shift(1),
        tolerance=pl.max_horizontal(error, pl.lit(_LEAST_TOLERANCE)),
        gap=pl.col("at").diff() > 1,
    )
    same = (pl.col("step") - 1).abs() <= pl.col("tolerance")
    known = known.with_columns(step=pl.when(same).then(1.0).otherwise("step"))
    return frame.select("at").join(known, on="at", how="left", maintain_order="left").drop("at")


_ERRORS = (("close", "close"), ("adj", "adj"), ("close", "close_before"), ("adj", "adj_before"))


def nearest_split(step: float, tolerance: float) -> float | None:
    """The split that a step stands for.

    Parameters
    ----------
    step
        New shares per old share, as measured.
    tolerance
        Relative error that is let pass.

    Returns
    -------
    float or None
        The nearest of `SIMPLE_SPLITS`; 1.0 where the step is one; ``None`` where it is neither.

    Examples
    --------
    >>> nearest_split(2.0001, 1e-3), nearest_split(1.0002, 1e-3), nearest_split(1.031, 1e-3)
    (2, 1.0, None)
    """
    best = min((1.0, *SIMPLE_SPLITS), key=lambda ratio: abs(step / ratio - 1))
    return best if abs(step / best - 1) <= tolerance else None


def split_with_dividend(step: float) -> float | None:
    """The split in a step that a small dividend on the same day has made larger.

    Parameters
    ----------
    step
        New shares per old share times the step of the dividend.

    Returns
    -------
    float or None
        The largest of `SIMPLE_SPLITS` that leaves a dividend of at most 5 %; ``None`` for steps
        between 1/1.2 and 1.5, which a large dividend explains as well, or where none fits.

    Examples
    --------
    >>> split_with_dividend(2.02), split_with_dividend(1.02), split_with_dividend(0.0505)
    (2, None, 0.05)
    """
    if 1 / min(_FRACTIONS) < step < _CLEARLY_SPLIT:
        return None
    fitting = [ratio for ratio in SIMPLE_SPLITS if 1 <= step / ratio <= _SMALL_DIVIDEND]
    return max(fitting, default=None)


def _half_unit(name: str) -> pl.Expr:
    """Half a unit of the last decimal that the column has shown so far."""
    value = pl.col(name)
    decimals = pl.lit(_MOST_DECIMALS)
    for places in reversed(range(_MOST_DECIMALS)):
        scaled = value * 10.0**places
        shown = (scaled - scaled.round()).abs() <= pl.max_horizontal(
            scaled.abs() * 2 * _FLOAT32, pl.lit(1e-9)
        )
        decimals = pl.when(shown).then(places).otherwise(decimals)
    return 0.5 / (10.0 ** decimals.cum_max().cast(pl.Float64))
