"""Macro series: from the rows of their files to what became known when."""

from collections.abc import Mapping

import polars as pl

from regime_factory.bars.macro.checks import SHOWN_CHARACTERS, check_releases
from regime_factory.bars.macro.spec import MacroSeries, series_specs
from regime_factory.bars.macro.times import available_at, period_end, written_times
from regime_factory.bars.symbols import errors_of
from regime_factory.bars.tables import require_table

_EMPTY_TEXT = ("", ".", "nan", "na", "nd", "n/a", "null", "none", "-")
_SCHEMA = {
    "series": pl.String,
    "period_end": pl.Date,
    "available_at": pl.Datetime("us", "UTC"),
    "value": pl.Float64,
}


def read_macro(raw: pl.DataFrame, spec: MacroSeries) -> pl.DataFrame:
    """Turn a file of macro series into its releases: which value became known when.

    Parameters
    ----------
    raw
        Rows as `read_source` gives them, in any order.
    spec
        What they mean.

    Returns
    -------
    pl.DataFrame
        ``series``, ``period_end`` (Date), ``available_at`` (Datetime in microseconds, UTC) and
        ``value`` (Float64, in the file's unit), by series, then in the order in which the values
        became known. Empty cells (holidays) are left out: the value before them is used on.

    Raises
    ------
    TypeError
        Where ``raw`` is not a Polars table.
    ValueError
        A column that the file lacks, a value that is not a finite number, a date that cannot be
        read, two values for one period and release, a value released before its period ended, or
        months that are stamped on their first day and declared as stamped at the end.

    Notes
    -----
    Every error names the first row at fault, counted from 1 below the header.

    Examples
    --------
    >>> raw = pl.DataFrame({"DATE": ["2020-01-01", "2020-02-01"], "BAA": ["3.77", "3.61"]})
    >>> spec = MacroSeries(values={"baa": "BAA"}, period="month", stamp="start", lag=1,
    ...     clock="16:15", timezone="America/New_York", max_staleness_days=60)
    >>> read_macro(raw, spec).select("period_end", pl.col("available_at").dt.to_string()).rows()
    [(datetime.date(2020, 1, 31), '2020-02-03 21:15:00.000000+00:00'),
     (datetime.date(2020, 2, 29), '2020-03-02 21:15:00.000000+00:00')]
    """
    require_table(raw, "raw macro series")
    rows = _dated_rows(raw, spec)
    parts = [
        _releases(rows, raw[_column(raw, column, f"values.{name}")], name, spec)
        for name, column in spec.values.items()
    ]
    return pl.concat(parts)


def read_macro_files(
    raw: Mapping[str, pl.DataFrame], sources: Mapping[str, MacroSeries]
) -> pl.DataFrame:
    """Read several files of macro series into one table of releases.

    Parameters
    ----------
    raw
        Rows of each file by its name; a described file that is not there is a missing series.
    sources
        Descriptions by name of the file.

    Returns
    -------
    pl.DataFrame
        As `read_macro`, series after series; without rows where there is no file.

    Raises
    ------
    ValueError
        As `read_macro`, with the file's name in front, and where a file is not described.

    Examples
    --------
    >>> read_macro_files({}, {}).columns
    ['series', 'period_end', 'available_at', 'value']
    """
    for name in raw:
        if name not in sources:
            raise ValueError(
                f"macro_files has a file {name!r} that macro.sources does not describe (it has "
                f"{', '.join(sources) or 'none'}); say there what the file's columns are"
            )
    series_specs(sources)
    parts = [pl.DataFrame(schema=_SCHEMA)]
    for name in (name for name in sources if name in raw):
        with errors_of(f"macro.sources.{name}"):
            parts.append(read_macro(raw[name], sources[name]))
    return pl.concat(parts)


def _column(raw: pl.DataFrame, wanted: str, setting: str) -> str:
    alike = [name for name in raw.columns if name.strip().lower() == wanted.strip().lower()]
    exact = [name for name in alike if name == wanted]
    if len(exact or alike) != 1:
        found = f"may be {' or '.join(alike)}" if alike else "is not in the file"
        raise ValueError(
            f"column {wanted!r}, named in {setting}, {found}; name one of its columns there: "
            f"{', '.join(raw.columns)}"
        )
    return (exact or alike)[0]


def _dated_rows(raw: pl.DataFrame, spec: MacroSeries) -> pl.DataFrame:
    """What each row of the file is about, and when it became known, before values are looked at."""
    times = raw[_column(raw, spec.time, "time")]
    day = pl.col("naive").dt.date()
    rows = written_times(times, spec.date_format).select(
        pl.int_range(1, pl.len() + 1, dtype=pl.UInt32).alias("row"),
        pl.col("text").alias("written"),
        day.alias("day"),
        period_end(day, spec.period, spec.stamp).alias("period_end"),
    )
    if spec.release is None:
        known = available_at(
            pl.col("period_end"), spec.lag or 0, spec.lag_unit, spec.clock, spec.timezone
        )
        return rows.with_columns(known.alias("available_at"), released=pl.lit(""))
    column = raw[_column(raw, spec.release, "release")]
    on_the_day = available_at(day, 0, "calendar_days", spec.clock, spec.timezone)
    releases = written_times(column, spec.date_format, spec.timezone).select(
        pl.when("has_clock")
        .then("utc")
        .otherwise(pl.max_horizontal("utc", on_the_day))
        .alias("available_at"),
        pl.col("text").alias("released"),
    )
    return rows.hstack(releases)


def _releases(rows: pl.DataFrame, values: pl.Series, name: str, spec: MacroSeries) -> pl.DataFrame:
    """Releases of one series; rows without a value are left out."""
    with errors_of(f"series {name}"):
        filled = rows.hstack(_numbers(values)).drop_nulls("value")
        check_releases(filled, spec)
    return filled.sort("available_at", "period_end").select(
        pl.lit(name).alias("series"), "period_end", "available_at", "value"
    )


def _numbers(values: pl.Series) -> pl.DataFrame:
    """The column as ``value`` (Float64), null where the cell is empty."""
    if not (values.dtype.is_numeric() or values.dtype in {pl.String, pl.Null}):
        raise ValueError(f"the column {values.name!r} holds {values.dtype}, not numbers")
    text = values.cast(pl.String).str.strip_chars().alias("text")
    empty = pl.col("text").is_null() | pl.col("text").str.to_lowercase().is_in(_EMPTY_TEXT)
    number = pl.lit(values) if values.dtype.is_numeric() else pl.col("text")
    value = pl.when(~empty).then(number.cast(pl.Float64, strict=False))
    read = text.to_frame().with_columns(value=value, empty=empty)
    finite = pl.col("value").is_finite().fill_null(value=False)
    wrong = read.with_row_index("row", 1).filter(~pl.col("empty") & ~finite)
    if wrong.height:
        row, shown = wrong.select("row", "text").row(0)
        raise ValueError(
            f"row {row} of the column {values.name!r} is not a finite number: "
            f"{shown[:SHOWN_CHARACTERS]!r}; correct it, or leave the cell empty"
        )
    return read.select("value")
