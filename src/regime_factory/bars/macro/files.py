"""Macro series that ship inside the arch package: VIX, and Moody's Baa and Aaa yields."""

import importlib.util
from pathlib import Path

import polars as pl

from regime_factory.bars.sources.files import read_file

EMBEDDED_MACRO = {"vix": "vix", "spread": "default"}


def embedded_macro(name: str) -> pl.DataFrame:
    """Real macro series which ship inside the arch package.

    Parameters
    ----------
    name
        ``vix`` (Cboe VIX, daily closes of 2014 to January 2019) or ``spread`` (Moody's seasoned Baa
        and Aaa corporate bond yields, averages of the months 1919-2018, stamped on the month's
        first day).

    Returns
    -------
    pl.DataFrame
        ``date`` (Date) and ``VIX``, or ``date``, ``AAA`` and ``BAA`` (text, as in the file).

    Raises
    ------
    ValueError
        Where nothing is embedded under the name, or the arch package is not installed.

    Notes
    -----
    The files are read from the package's folder without importing it, which would take seconds.

    Examples
    --------
    >>> embedded_macro("spread").row(0, named=True)
    {'date': datetime.date(1919, 1, 1), 'AAA': '5.35', 'BAA': '7.12'}
    """
    raw = read_file(embedded_macro_file(name))
    named = raw.rename({column: column.upper() for column in raw.columns if column != "Date"})
    date = pl.col("Date").str.to_date("%m/%d/%Y").alias("date")
    return named.select(date, pl.exclude("Date"))


def embedded_macro_file(name: str) -> Path:
    """File of an embedded macro series.

    Parameters
    ----------
    name
        As in `embedded_macro`.

    Returns
    -------
    pathlib.Path

    Raises
    ------
    ValueError
        As in `embedded_macro`.

    Examples
    --------
    >>> embedded_macro_file("vix").name
    'vix.csv.gz'
    """
    if name not in EMBEDDED_MACRO:
        raise ValueError(
            f"no macro series is embedded under the name {name!r}, only under "
            f"{', '.join(EMBEDDED_MACRO)}; give the path of a file, or null to do without"
        )
    package = importlib.util.find_spec("arch")
    if package is None or package.origin is None:
        raise ValueError("the embedded series need the arch package; install it: pip install arch")
    folder = EMBEDDED_MACRO[name]
    return Path(package.origin).parent / "data" / folder / f"{folder}.csv.gz"
