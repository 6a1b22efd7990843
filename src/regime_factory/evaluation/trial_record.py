"""One trial: what was tried on which data, and what came out."""

import hashlib
import json
import math
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from functools import cached_property
from typing import Any

import numpy as np
import polars as pl

TRIAL_TABLE = {
    "trial_id": pl.String,
    "source": pl.String,
    "symbol": pl.String,
    "zone": pl.String,
    "parameters": pl.String,
    "metric_name": pl.String,
    "metric": pl.Float64,
    "data": pl.String,
    "returns": pl.String,
}
"""Columns of a table of trials; ``parameters`` is JSON, ``returns`` the hash of the returns."""
RETURN_COLUMNS = {"ts": pl.Datetime("us", "UTC"), "ret": pl.Float64}
RETURNS_TABLE = {"trial_id": pl.String, **RETURN_COLUMNS}
"""Columns of a table of returns of trials."""
_ID_LENGTH = 32  # hexadecimal digits: 128 bits
Returns = pl.DataFrame | tuple[Sequence[Any] | pl.Series, Sequence[float] | pl.Series | np.ndarray]


@dataclass(frozen=True, eq=False)
class Trial:
    """One setting that was tried, with its outcome.

    Parameters
    ----------
    source : str
        What tried it, for instance the pipeline.
    symbol : str
        Market it was tried on.
    zone : str
        Zone of the bars that the metric was measured on.
    parameters : mapping of str to object
        Everything that tells this setting from others: text, numbers, truth values, None, and
        lists and mappings of these.
    metric_name : str
        What was measured.
    metric : float or None
        Its value; None where it could not be measured.
    data : str
        Fingerprint of the bars, for instance of :func:`regime_factory.bars.fingerprint`.
    returns : (ts, ret) or polars.DataFrame, optional
        For a trial that trades: closing stamp (UTC) and net simple return of each bar.

    Raises
    ------
    TypeError, ValueError
        For an empty name, parameters that are not plain values, a metric that is not finite, or
        returns that are not finite or whose stamps do not ascend.

    Examples
    --------
    >>> bic = Trial("hmm", "SPY", "selection", {"n_states": 2}, "bic", -120.5, "5f3c")
    >>> again = Trial("hmm", "SPY", "selection", {"n_states": 2}, "bic", -120.5, "5f3c")
    >>> other = Trial("hmm", "SPY", "selection", {"n_states": 3}, "bic", -120.5, "5f3c")
    >>> bic.trial_id == again.trial_id, bic.trial_id == other.trial_id
    (True, False)
    """

    source: str
    symbol: str
    zone: str
    parameters: Mapping[str, Any]
    metric_name: str
    metric: float | None
    data: str
    returns: Returns | None = None

    def __post_init__(self) -> None:
        for name in ("source", "symbol", "zone", "metric_name", "data"):
            value = getattr(self, name)
            if not isinstance(value, str) or not value:
                raise ValueError(f"{name} of a trial is {value!r}; expected a text")
        if not isinstance(self.parameters, Mapping):
            raise TypeError(f"parameters of a trial are {self.parameters!r}; expected a mapping")
        object.__setattr__(self, "parameters", _plain(self.parameters, "parameters"))
        object.__setattr__(self, "metric", _metric(self.metric, self.metric_name))
        if self.returns is not None:
            object.__setattr__(self, "returns", as_return_table(self.returns))

    @cached_property
    def trial_id(self) -> str:
        """Hash of all fields: the same trial with the same outcome has the same one."""
        return str(self.record["trial_id"])

    @cached_property
    def record(self) -> dict[str, Any]:
        """All fields as plain values, with ``trial_id`` and the hash of the returns."""
        fields = {
            "source": self.source,
            "symbol": self.symbol,
            "zone": self.zone,
            "parameters": self.parameters,
            "metric_name": self.metric_name,
            "metric": self.metric,
            "data": self.data,
            "returns": None if self.returns is None else hash_of_returns(self.return_table),
        }
        return {"trial_id": id_of(fields), **fields}

    @property
    def return_table(self) -> pl.DataFrame:
        """The returns as a table ``ts, ret``; without rows for a trial that does not trade."""
        held = self.returns
        return held if isinstance(held, pl.DataFrame) else pl.DataFrame(schema=RETURN_COLUMNS)


def id_of(record: Mapping[str, Any]) -> str:
    """Hash the fields of a record that make a trial what it is.

    Parameters
    ----------
    record : mapping
        With the fields of :data:`TRIAL_TABLE`; others are left out.

    Returns
    -------
    str
        32 hexadecimal digits.
    """
    fields = {name: record[name] for name in TRIAL_TABLE if name != "trial_id"}
    return hashlib.sha256(as_json(fields).encode()).hexdigest()[:_ID_LENGTH]


def hash_of_returns(table: pl.DataFrame) -> str:
    """Hash stamps and returns of a trial.

    Parameters
    ----------
    table : polars.DataFrame
        ``ts, ret``.

    Returns
    -------
    str
        SHA-256 in hexadecimal.
    """
    digest = hashlib.sha256()
    for name in RETURN_COLUMNS:
        digest.update(np.ascontiguousarray(table[name].to_physical().to_numpy()).tobytes())
    return digest.hexdigest()


def as_json(value: Any) -> str:
    """Write plain values as JSON, always in the same way.

    Parameters
    ----------
    value : object

    Returns
    -------
    str
        One line, keys in alphabetical order, no blanks.

    Examples
    --------
    >>> as_json({"b": 0.1, "a": [1, None]})
    '{"a":[1,null],"b":0.1}'
    """
    return json.dumps(value, sort_keys=True, separators=(",", ":"), allow_nan=False)


def as_return_table(returns: Returns) -> pl.DataFrame:
    """Check returns and give them as a table.

    Parameters
    ----------
    returns : (ts, ret) or polars.DataFrame
        Closing stamps in UTC, ascending, and net simple returns.

    Returns
    -------
    polars.DataFrame
        ``ts, ret``.

    Raises
    ------
    ValueError
        For no rows, stamps that do not ascend, or returns that are not finite.
    """
    if not isinstance(returns, pl.DataFrame):
        ts, ret = returns
        returns = pl.DataFrame({"ts": ts, "ret": np.asarray(ret, dtype=np.float64)})
    if returns["ts"].dtype.is_temporal() and getattr(returns["ts"].dtype, "time_zone", 0) is None:
        returns = returns.with_columns(pl.col("ts").dt.replace_time_zone("UTC"))
    table = returns.select(pl.col(name).cast(kind) for name, kind in RETURN_COLUMNS.items())
    if table.is_empty():
        raise ValueError("returns of a trial are empty; leave them out where it does not trade")
    steps = table["ts"].to_physical().diff().drop_nulls()
    if table["ts"].null_count() or not (steps > 0).all():
        raise ValueError("stamps of a trial's returns do not ascend, or one is missing; sort by ts")
    if not table["ret"].is_finite().fill_null(value=False).all():
        raise ValueError("a return of a trial is missing or not finite; fill bars without a trade")
    return table


def trial_table(trials: Iterable[Trial]) -> pl.DataFrame:
    """Put trials into a table.

    Parameters
    ----------
    trials : iterable of Trial

    Returns
    -------
    polars.DataFrame
        Columns of :data:`TRIAL_TABLE`, one row per trial; the same trial once.
    """
    rows = [{**t.record, "parameters": as_json(t.parameters)} for t in trials]
    return pl.DataFrame(rows, schema=TRIAL_TABLE).unique("trial_id", maintain_order=True)


def returns_table(trials: Iterable[Trial]) -> pl.DataFrame:
    """Put the returns of trials that trade into a table.

    Parameters
    ----------
    trials : iterable of Trial

    Returns
    -------
    polars.DataFrame
        Columns of :data:`RETURNS_TABLE`.
    """
    parts = [t.return_table.select(pl.lit(t.trial_id).alias("trial_id"), "ts", "ret")
             for t in {t.trial_id: t for t in trials}.values()]  # fmt: skip
    return pl.concat([pl.DataFrame(schema=RETURNS_TABLE), *parts])


def records_of(table: pl.DataFrame) -> list[dict[str, Any]]:
    """Take trials out of a table.

    Parameters
    ----------
    table : polars.DataFrame
        With the columns of :data:`TRIAL_TABLE`.

    Returns
    -------
    list of dict
        One record per row.

    Raises
    ------
    ValueError
        For a missing column, or a ``trial_id`` that does not belong to the other fields.
    """
    missing = [name for name in TRIAL_TABLE if name not in table.columns]
    if missing:
        raise ValueError(f"the table of trials has no column {missing[0]!r}")
    rows = table.select(list(TRIAL_TABLE)).rows(named=True)
    records = [{**row, "parameters": json.loads(row["parameters"])} for row in rows]
    for record in records:
        if record["trial_id"] != id_of(record):
            raise ValueError(
                f"trial {record['trial_id']} has been changed: its fields belong to "
                f"{id_of(record)}; make tables with trial_table"
            )
    return records


def _metric(value: float | None, name: str) -> float | None:
    if value is None:
        return None
    if not math.isfinite(value):
        raise ValueError(f"{name} of a trial is {value}; give None where it was not measured")
    return float(value)


def _plain(value: Any, place: str) -> Any:
    """Give a value as JSON would give it back, or say where it cannot."""
    if isinstance(value, np.generic):
        value = value.item()
    if isinstance(value, Mapping):
        for key in value:
            if not isinstance(key, str):
                raise TypeError(f"{place} of a trial have the key {key!r}; expected a text")
        return {key: _plain(item, f"{place}.{key}") for key, item in value.items()}
    if isinstance(value, list | tuple):
        return [_plain(item, f"{place}[{n}]") for n, item in enumerate(value)]
    if isinstance(value, float) and not math.isfinite(value):
        raise ValueError(f"{place} of a trial is {value}; expected a finite number or None")
    if value is None or isinstance(value, str | bool | int | float):
        return value
    raise TypeError(
        f"{place} of a trial is of {type(value).__name__}; expected text, numbers, truth values, "
        "None, or lists and mappings of these"
    )
