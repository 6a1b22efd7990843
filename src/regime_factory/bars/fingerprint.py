"""A fingerprint of bars, so that a result can be tied to the data it was made from."""

import hashlib

import polars as pl

from regime_factory.bars.symbols import Table, per_symbol


class Fingerprint:
    """The fingerprint of bars that go by symbol by symbol.

    Examples
    --------
    >>> bars = pl.DataFrame({"symbol": ["A", "B"], "close": [1.0, 2.0]})
    >>> gathered = Fingerprint()
    >>> gathered.update(bars.head(1))
    >>> gathered.update(bars.tail(1))
    >>> gathered.hexdigest() == fingerprint(bars)
    True
    """

    def __init__(self) -> None:
        self._digest = hashlib.sha256()

    def update(self, rows: pl.DataFrame) -> None:
        """Take the rows of the next symbol in.

        Parameters
        ----------
        rows
            All bars of one symbol.
        """
        for name, column in zip(rows.columns, rows.get_columns(), strict=True):
            self._digest.update(f"{name}:{column.dtype}:{column.null_count()}".encode())
            if column.dtype == pl.String:
                runs = column.fill_null("\x00").rle().struct.unnest().iter_rows()
                text = "\x1f".join(f"{length}:{value}" for length, value in runs)
                self._digest.update(text.encode())
            else:
                self._digest.update(column.is_null().to_numpy().tobytes())
                self._digest.update(column.to_physical().fill_null(0).to_numpy().tobytes())

    def hexdigest(self) -> str:
        """Give the fingerprint of all rows so far: SHA-256 in hexadecimal."""
        return self._digest.hexdigest()


def fingerprint(bars: Table) -> str:
    """Hash the content of a table of bars.

    Parameters
    ----------
    bars
        Canonical bars; the order of symbols and of the rows of each matters, storage does not.

    Returns
    -------
    str
        SHA-256 in hexadecimal; equal for equal values, whatever file they came from.

    Examples
    --------
    >>> bars = pl.DataFrame({"symbol": ["A"], "close": [1.0]})
    >>> fingerprint(bars) == fingerprint(bars.clone())
    True
    >>> fingerprint(bars) == fingerprint(bars.with_columns(close=2.0))
    False
    """
    gathered = Fingerprint()
    for _, rows in per_symbol(bars):
        gathered.update(rows)
    return gathered.hexdigest()
