"""Observations out of a file of ready-made features, and what may be wrong with such a file."""

from collections.abc import Sequence

import polars as pl

from regime_factory.bars import Session, per_symbol
from regime_factory.bars.quality.spacing import refuse_wrong_spacing
from regime_factory.features.ready_made import FeatureFile, read_features
from regime_factory.regimes.observations import with_slots
from regime_factory.regimes.slots import StandardiseBy

OWN_LAYOUT = FeatureFile(symbol_column="symbol")
"""How this project's own tables are laid out."""

_SHOWN = 8


def ready_observations(
    raw: pl.DataFrame,
    *,
    timeframe: str,
    columns: Sequence[str],
    layout: FeatureFile = OWN_LAYOUT,
    session: Session | None = None,
    anchor: str | None = None,
    standardise_by: StandardiseBy = "none",
) -> pl.DataFrame:
    """Take what a model observes from a file of features that was made elsewhere.

    Parameters
    ----------
    raw
        The file as `read_source` gives it: a time, a symbol and the observed columns, one row per
        bar of `timeframe`. Further columns are left out.
    timeframe, columns
        What the model observes.
    layout
        How times and symbols are written; by default there is a column `symbol`, and `ts` is the
        moment from which a row is known, in UTC where it names no zone.
    session
        The market's session.
    anchor
        Time of day ``HH:MM`` from which its bars are counted.
    standardise_by
        As in `observe`, the same as when the model was fitted.

    Returns
    -------
    polars.DataFrame
        `symbol, ts`, the slot where asked for, and the columns as Float64; rows without a finite
        value in each column are left out.

    Raises
    ------
    ValueError
        For a missing column, cells that cannot be read, stamps that do not increase within a
        symbol, or rows that stand another length apart than `timeframe`.

    Examples
    --------
    >>> raw = pl.DataFrame({"ts": ["2024-01-02T21:00:00Z", "2024-01-03T21:00:00Z"],
    ...                     "symbol": "ES", "close_logret_current_1D": ["0.01", ""]})
    >>> seen = ready_observations(raw, timeframe="1D", columns=["close_logret_current_1D"])
    >>> seen.drop("ts").rows()
    [('ES', 0.01)]
    """
    missing = [name for name in columns if name not in raw.columns]
    if missing:
        raise ValueError(
            f"the feature file lacks {', '.join(missing)}, which the model observes; it has "
            f"{', '.join(raw.columns[:_SHOWN])}"
        )
    wanted = layout.model_copy(update={"columns": list(columns)})
    table = read_features(raw, wanted, timeframe, session, anchor=anchor).table
    parts = []
    for symbol, rows in per_symbol(table):
        if symbol is None:
            raise ValueError(
                "the feature file does not say whose rows it holds; name the column of the symbols "
                "with features.file.symbol_column, or the one symbol with features.file.symbol"
            )
        _refuse_disorder(symbol, rows["ts"])
        _refuse_other_bars(symbol, rows["ts"], timeframe, session, anchor)
        parts.append(rows.drop_nulls(columns))
    return with_slots(
        pl.concat(parts).select("symbol", "ts", *columns),
        standardise_by,
        timeframe=timeframe,
        session=session,
        anchor=anchor,
    )


def _refuse_disorder(symbol: str, ts: pl.Series) -> None:
    back = (ts.diff().dt.total_microseconds() <= 0).fill_null(False)
    if back.any():
        raise ValueError(
            f"the feature file repeats or goes back in time for {symbol!r} at "
            f"{ts.filter(back)[0]:%Y-%m-%d %H:%M} UTC; sort it by time and keep one row of each"
        )


def _refuse_other_bars(
    symbol: str, ts: pl.Series, timeframe: str, session: Session | None, anchor: str | None
) -> None:
    try:
        refuse_wrong_spacing(ts, symbol, timeframe, session, anchor)
    except ValueError as error:
        raise ValueError(
            f"rows of {symbol!r} do not stand {timeframe} apart; the model observes one row per "
            f"{timeframe} bar, as hmm.observations has them, not one per base bar"
        ) from error
