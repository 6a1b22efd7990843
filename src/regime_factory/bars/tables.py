"""What a function of this room must be handed: a Polars table, not something that looks alike."""

import polars as pl


def require_table(value: object, name: str) -> None:
    """Refuse anything but an eager Polars table.

    Parameters
    ----------
    value
        What the caller gave.
    name
        What it stands for, for the message.

    Raises
    ------
    TypeError
        Saying what was found and how to make a table of it.

    Examples
    --------
    >>> require_table(pl.DataFrame({"close": [1.0]}), "bars")
    >>> require_table(pl.LazyFrame({"close": [1.0]}), "bars")
    Traceback (most recent call last):
    ...
    TypeError: bars must be a polars.DataFrame, found polars LazyFrame; call .collect() on it
    """
    if isinstance(value, pl.DataFrame):
        return
    if isinstance(value, pl.LazyFrame):
        found, advice = "polars LazyFrame", "call .collect() on it"
    elif type(value).__module__.partition(".")[0] == "pandas":
        found, advice = f"pandas {type(value).__name__}", "convert it with polars.from_pandas"
    else:
        found = "None" if value is None else type(value).__name__
        advice = "make one with standardise or polars.DataFrame"
    raise TypeError(f"{name} must be a polars.DataFrame, found {found}; {advice}")
