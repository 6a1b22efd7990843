"""What makes the rows of a macro series unusable, said with the row at fault."""

import polars as pl

from regime_factory.bars.macro.spec import MacroSeries

SHOWN_CHARACTERS = 30


def check_releases(filled: pl.DataFrame, spec: MacroSeries) -> None:
    """Refuse rows whose time of release is not certain.

    Parameters
    ----------
    filled
        Rows with a value: ``row``, the texts ``written`` and ``released``, and what was read of
        them: ``day``, ``period_end`` and ``available_at``.
    spec
        What the user says about the file.

    Raises
    ------
    ValueError
        Dates that cannot be read, months stamped on their first day and declared as stamped at the
        end, two values for one period and release, a release before its period ended.
    """
    _refuse_unread(filled, "day", "written", spec.time)
    _refuse_unread(filled, "available_at", "released", spec.release)
    _refuse_starts_as_ends(filled, spec)
    _refuse_repeats(filled, spec)
    _refuse_early_releases(filled, spec)


def _refuse_unread(filled: pl.DataFrame, read: str, written: str, column: str | None) -> None:
    unread = filled.filter(pl.col(read).is_null())
    if unread.height:
        row, text = unread.select("row", written).row(0)
        found = f"is not a date: {text[:SHOWN_CHARACTERS]!r}" if text else "is empty"
        raise ValueError(
            f"row {row} of the column {column!r} {found}; write ISO dates such as 2020-01-31, or "
            "give their format as date_format"
        )


def _refuse_starts_as_ends(filled: pl.DataFrame, spec: MacroSeries) -> None:
    """Months stamped at their start would be taken for known before they began."""
    first_days = filled.height and (filled["day"].dt.day() == 1).all()
    if first_days and spec.stamp == "end" and spec.period in {"month", "quarter"}:
        raise ValueError(
            f"every date is the first day of a month, which no {spec.period} ends on; set "
            "stamp: start (the date is where the period begins)"
        )


def _refuse_repeats(filled: pl.DataFrame, spec: MacroSeries) -> None:
    repeated = filled.filter(pl.struct("period_end", "available_at").is_duplicated())
    if repeated.is_empty():
        return
    period, known = repeated.select("period_end", "available_at").row(0)
    rows = repeated.filter(period_end=period, available_at=known)["row"].to_list()
    if spec.release is None:
        advice = "keep one of them, or name the column of their release dates as release"
    else:
        advice = f"and one release in the column {spec.release!r}; keep one of them"
    raise ValueError(
        f"{len(rows)} values for the {spec.period} that ends on {period} (rows {rows[0]} and "
        f"{rows[1]}); {advice}"
    )


def _refuse_early_releases(filled: pl.DataFrame, spec: MacroSeries) -> None:
    local = pl.col("available_at").dt.convert_time_zone(spec.timezone).dt.date()
    early = filled.filter(local < pl.col("period_end"))
    if early.height:
        row, released, end = early.select("row", "released", "period_end").row(0)
        raise ValueError(
            f"row {row} was released at {released}, before its {spec.period} ended on {end}; check "
            f"stamp, period and the column {spec.release!r}"
        )
