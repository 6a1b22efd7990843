"""What each feature column is: formula, window, unit, source and the bars it needs."""

from collections.abc import Sequence

import polars as pl

from regime_factory.bars import Session, timeframe_minutes
from regime_factory.features.lookback import lookback_rows
from regime_factory.features.resolve import resolve_columns
from regime_factory.features.windows import read_windows


def describe_features(
    feature_set: str = "v2",
    timeframes: Sequence[str] = ("1H",),
    columns: Sequence[str] | None = None,
    *,
    base: str | None = None,
    session: Session | None = None,
    **windows: int,
) -> pl.DataFrame:
    """Say what each feature column is.

    Parameters
    ----------
    feature_set, columns
        As in `build_features`.
    timeframes : sequence of str
        Timeframes, such as `("1H", "4H")`.
    base : str, optional
        Timeframe of the base bars; the finest of the columns where left out.
    session : Session, optional
        The market's session.
    **windows : int
        Window lengths in bars, see `FeatureWindows`.

    Returns
    -------
    pl.DataFrame
        `column`, `formula`, `window` (bars of the column's timeframe), `unit`, `source`,
        `warmup_bars` (bars of the column's timeframe, the coarser one of two, after which a
        lookback gives the batch value), `lookback_bars` (base bars that are enough for it, see
        `warmup_bars`), `sets`, `needs_volume`.

    Raises
    ------
    ValueError
        An unknown set, timeframe, column or window.

    Examples
    --------
    >>> frame = describe_features("v1", ["1H", "4H"])
    >>> frame.select("column", "formula", "window").row(0)
    ('close_logret_current_1H', 'ln(close / previous close).', 'current')
    >>> frame.select("column", "warmup_bars", "lookback_bars").row(-1)
    ('close_parkinson_20_4H', 20, 88)
    """
    wanted = None if columns is not None else timeframes
    finest = base or min(timeframes, key=timeframe_minutes)
    named = resolve_columns(
        feature_set,
        wanted,
        columns,
        windows=read_windows(windows),
        base=finest,
        session=session,
    )
    return pl.DataFrame(
        {
            "column": [column.name for column in named],
            "formula": [column.definition.formula for column in named],
            "window": [column.definition.window(column.windows) for column in named],
            "unit": [column.definition.unit for column in named],
            "source": [column.definition.source for column in named],
            "warmup_bars": [column.rows for column in named],
            "lookback_bars": [lookback_rows(column, finest, session) for column in named],
            "sets": [",".join(column.definition.sets) for column in named],
            "needs_volume": [column.definition.needs_volume for column in named],
        }
    )
