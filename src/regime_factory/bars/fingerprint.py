"""A fingerprint of bars, so that a result can be tied to the data it was made from."""

import hashlib

import polars as pl


def fingerprint(bars: pl.DataFrame) -> str:
    """Hash the content of a table of bars.

    Parameters
    ----------
    bars
        Canonical bars; row order matters, storage does not.

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
    digest = hashlib.sha256()
    for name, column in zip(bars.columns, bars.get_columns(), strict=True):
        digest.update(f"{name}:{column.dtype}:{column.null_count()}".encode())
        if column.dtype == pl.String:
            digest.update("\x1f".join(column.fill_null("\x00").to_list()).encode())
        else:
            digest.update(column.is_null().to_numpy().tobytes())
            digest.update(column.to_physical().fill_null(0).to_numpy().tobytes())
    return digest.hexdigest()
