"""Change the bars after a cut, rerun, and look for cells before the cut that move."""

from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import datetime
from typing import Any

import numpy as np
import polars as pl

PRICES = ("open", "high", "low", "close")
Run = Callable[[pl.DataFrame], Mapping[str, pl.DataFrame]]


@dataclass(frozen=True)
class TimeRule:
    """When the cells of a table are known.

    Parameters
    ----------
    column
        The row's cells are known at this time.
    before
        Columns that are known one bar earlier, for instance a position that is held over the bar.
    ends
        Columns that are known later, with the column that says when: for a label the closing stamp
        of the bar that decided it. The entry ``"*": "t1_*"`` stands for every column `c` that has a
        column `t1_c` beside it; entries with a name go before it.

    Examples
    --------
    >>> rule = TimeRule(ends={"*": "t1_*", "ret_net": "t1_label"})
    >>> rule.ends_of(["symbol", "ts", "rsi", "label", "t1_label", "ret_net"])
    {'label': 't1_label', 'ret_net': 't1_label'}
    """

    column: str = "ts"
    before: tuple[str, ...] = ()
    ends: Mapping[str, str] = field(default_factory=dict)

    @classmethod
    def declared(cls, time: Mapping[str, Any]) -> "TimeRule":
        """Make the rule that a catalog entry declares.

        Parameters
        ----------
        time
            ``column`` and, where there are any, ``before`` and ``ends``.

        Returns
        -------
        TimeRule

        Raises
        ------
        ValueError
            For another key.

        Examples
        --------
        >>> TimeRule.declared({"column": "ts", "before": ["held"]})
        TimeRule(column='ts', before=('held',), ends={})
        """
        unknown = sorted(set(time) - {"column", "before", "ends"})
        if unknown:
            raise ValueError(f"a time rule has {unknown[0]!r}; known are column, before and ends")
        return cls(time["column"], tuple(time.get("before", ())), dict(time.get("ends", {})))

    def ends_of(self, columns: Sequence[str]) -> dict[str, str]:
        """Give the columns of a table that are known at an end of their own.

        Parameters
        ----------
        columns
            Names of the table's columns.

        Returns
        -------
        dict of str to str
            The column of its end by name of the column.
        """
        pattern = self.ends.get("*", "")
        implied = {name: pattern.replace("*", name) for name in columns} if pattern else {}
        named = {name: end for name, end in self.ends.items() if name in columns}
        return {name: end for name, end in {**implied, **named}.items() if end in columns}


@dataclass(frozen=True)
class Leak:
    """A cell that changed although it was known before the bars that changed."""

    table: str
    column: str
    ts: datetime | None
    cut: datetime
    alteration: str
    size: float


@dataclass(frozen=True)
class AuditResult:
    """Leaks found, and how much was compared."""

    leaks: list[Leak] = field(default_factory=list)
    cells: int = 0
    cuts: int = 0

    @property
    def clean(self) -> bool:
        """Whether cells were compared and none moved."""
        return self.cells > 0 and not self.leaks


def replace_future(
    raw: pl.DataFrame, cut: datetime, *, ts: str = "ts", seed: int = 0
) -> pl.DataFrame:
    """Replace every bar after a cut by a different one that is still a valid bar.

    Parameters
    ----------
    raw
        Bars with columns `open high low close`, optionally `volume`, stamped in `ts`.
    cut
        Bars with a later stamp are replaced.
    ts
        Name of the time column.
    seed
        Seed of the replacement.

    Returns
    -------
    polars.DataFrame
        Same rows; later prices are scaled by a random walk and their ranges stretched, later
        volumes are drawn anew.
    """
    later = (raw[ts] > cut).to_numpy()
    rng = np.random.default_rng(seed)
    factor = np.ones(raw.height)
    factor[later] = np.exp(np.cumsum(rng.normal(0.02, 0.05, later.sum())))
    stretch = np.where(later, np.exp(np.abs(rng.normal(0.02, 0.05, raw.height))), 1.0)
    columns = [pl.Series(name, raw[name].to_numpy() * factor) for name in PRICES]
    changed = raw.with_columns(columns).with_columns(
        pl.col("high") * pl.Series(stretch), pl.col("low") / pl.Series(stretch)
    )
    if "volume" in raw.columns:
        drawn = pl.Series(np.where(later, rng.lognormal(3, 1, raw.height), 1.0))
        changed = changed.with_columns(pl.col("volume") * drawn)
    return changed


def remove_future(
    raw: pl.DataFrame, cut: datetime, *, ts: str = "ts", seed: int = 0
) -> pl.DataFrame:
    """Remove every bar after a cut; `seed` is unused and keeps the signature of alterations."""
    del seed
    return raw.filter(pl.col(ts) <= cut)


ALTERATIONS: dict[str, tuple[Callable[..., pl.DataFrame], float]] = {
    "replace": (replace_future, 0.0),
    "remove": (remove_future, 1e-9),
}
"""Alterations by name, each with the relative change that rounding may cause."""


def audit_causality(
    run: Run,
    raw: pl.DataFrame,
    cuts: Iterable[datetime],
    *,
    rules: Mapping[str, TimeRule] | None = None,
    alterations: Sequence[str] = ("replace", "remove"),
    ts: str = "ts",
    seed: int = 0,
) -> AuditResult:
    """Check that no cell of any table depends on bars that came after it.

    Parameters
    ----------
    run
        Maps raw bars to named tables. Zones have to be fixed inside it.
    raw
        The bars; stamps in column `ts`.
    cuts
        Moments after which bars are altered.
    rules
        When each table's cells are known; tables without a rule are not compared. Without
        `rules` every table that has a column `ts` is compared by it.
    alterations
        Any of ``replace`` (cells must be identical) and ``remove`` (equal to 1e-9).
    ts
        Name of the time column of `raw`.
    seed
        Seed of the replaced bars.

    Returns
    -------
    AuditResult
        One `Leak` per table, column, cut and alteration: the first cell that moved.

    Notes
    -----
    Finding nothing at some cuts is evidence, not proof; hard labels need cuts next to their
    changes. A table with `ends` may lose rows when bars are removed, because their outcome is no
    longer there; of such a table the rows that both runs have are compared then.

    Examples
    --------
    A centred mean sees one bar ahead; a trailing one does not.

    >>> from datetime import timedelta
    >>> start = datetime(2024, 1, 1)
    >>> raw = pl.DataFrame({"ts": [start + timedelta(days=i) for i in range(30)]}).with_columns(
    ...     pl.lit(10.0 + i % 3).alias(name) for i, name in enumerate(PRICES))
    >>> def trailing(bars):
    ...     return {"mean": bars.select("ts", pl.col("close").rolling_mean(3))}
    >>> def centred(bars):
    ...     return {"mean": bars.select("ts", pl.col("close").rolling_mean(3, center=True))}
    >>> cut = start + timedelta(days=20)
    >>> audit_causality(trailing, raw, [cut]).clean
    True
    >>> [(leak.column, leak.alteration) for leak in audit_causality(centred, raw, [cut]).leaks]
    [('close', 'replace'), ('close', 'remove')]
    """
    before = run(raw)
    if rules is None:
        rules = {name: TimeRule() for name, table in before.items() if "ts" in table.columns}
    leaks: list[Leak] = []
    cells = n_cuts = 0
    for cut in cuts:
        n_cuts += 1
        for alteration in alterations:
            alter, tolerance = ALTERATIONS[alteration]
            after = run(alter(raw, cut, ts=ts, seed=seed))
            for name, rule in rules.items():
                found, compared = _compare(before[name], after[name], rule, cut, tolerance)
                cells += compared
                leaks += [
                    Leak(name, column, moment, cut, alteration, size)
                    for column, moment, size in found
                ]
    return AuditResult(leaks, cells, n_cuts)


def _compare(
    before: pl.DataFrame, after: pl.DataFrame, rule: TimeRule, cut: datetime, tolerance: float
) -> tuple[list[tuple[str, datetime | None, float]], int]:
    """First moved cell of each column, and the number of cells compared."""
    found: list[tuple[str, datetime | None, float]] = []
    cells = 0
    for columns, known in _parts(before, after, rule, cut):
        missing = [name for name in columns if name not in after.columns]
        found += [(name, None, float("inf")) for name in missing]
        if {rule.column, *known.meta.root_names()} & set(missing):
            continue
        kept = [name for name in columns if name not in missing]
        old, new = before.filter(known).select(kept), after.filter(known).select(kept)
        if rule.ends and tolerance > 0:
            old = _without_open_outcomes(old, new, rule)
        if new.height != old.height:
            found.append(("rows", None, float(abs(new.height - old.height))))
            continue
        cells += new.height * new.width
        for name in kept:
            moved = _first_difference(old[name], new[name], tolerance)
            if moved is not None:
                row, size = moved
                found.append((name, old[rule.column][row], size))
    return found, cells


def _parts(
    before: pl.DataFrame, after: pl.DataFrame, rule: TimeRule, cut: datetime
) -> list[tuple[list[str], pl.Expr]]:
    """Columns that are known at the same moment, each with the rows that are known by the cut."""
    ends = rule.ends_of(before.columns)
    apart = {*rule.before, *ends, *ends.values()}
    at_stamp = [name for name in before.columns if name not in apart]
    parts = [(at_stamp, pl.col(rule.column) <= cut)]
    later: list[datetime] = before.filter(pl.col(rule.column) > cut)[rule.column].to_list()
    if rule.before and later and (after[rule.column] == min(later)).any():
        held = [rule.column, *rule.before]  # removed bars have no row
        parts.append((held, pl.col(rule.column) <= min(later)))
    keys = _keys(before, rule)
    for end in dict.fromkeys(ends.values()):
        own = [name for name in before.columns if ends.get(name) == end and name not in keys]
        parts.append(([*keys, *own, end], pl.col(end) <= cut))
    return parts


def _keys(table: pl.DataFrame, rule: TimeRule) -> list[str]:
    """Columns that tell the rows of a table apart."""
    return [name for name in ("symbol", rule.column) if name in table.columns]


def _without_open_outcomes(old: pl.DataFrame, new: pl.DataFrame, rule: TimeRule) -> pl.DataFrame:
    """Leave out rows whose outcome needs removed bars: a table of outcomes has no such rows."""
    keys = _keys(old, rule)
    return old.join(new.select(keys), on=keys, how="semi", maintain_order="left")


def _first_difference(old: pl.Series, new: pl.Series, tolerance: float) -> tuple[int, float] | None:
    """Row and size of the first cell that differs by more than the tolerance."""
    if old.dtype.is_float() and tolerance > 0:
        gap = (old - new).abs().fill_null(0.0)
        scale = pl.select(pl.max_horizontal(old.abs(), new.abs())).to_series().fill_null(0.0)
        differs = (gap > tolerance * scale) | (old.is_null() != new.is_null())
    else:
        differs = old.ne_missing(new)
    if not differs.any():
        return None
    row = int(differs.arg_max() or 0)
    if not old.dtype.is_numeric():
        return row, 1.0
    return row, abs(float(old[row] or 0) - float(new[row] or 0))
