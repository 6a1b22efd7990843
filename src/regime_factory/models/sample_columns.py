"""Which columns models learn from, and which they are to predict."""

from collections.abc import Iterable, Sequence
from dataclasses import dataclass

from regime_factory.bars import Table, per_symbol
from regime_factory.features.nearest import nearest

KEYS = ("symbol", "ts")
OF_A_TARGET = {"label": ("ret_net",)}
"""Columns that go with a target and are known at its end."""
_OF_A_REFIT = ("zone", "refit_id")
_END = "t1_"


@dataclass(frozen=True)
class InputColumns:
    """Columns of the table by kind.

    Parameters
    ----------
    features
        Columns of the chosen feature set.
    regime_features
        Columns of the regime features; empty where they are not asked for.
    targets
        By target the columns it brings: its value, its end, and what is known with it.
    """

    features: tuple[str, ...]
    regime_features: tuple[str, ...]
    targets: dict[str, tuple[str, ...]]

    @property
    def of_targets(self) -> list[str]:
        """Every column of every target."""
        return [name for columns in self.targets.values() for name in columns]

    @property
    def ordered(self) -> list[str]:
        """Columns of the table from left to right."""
        return [*KEYS, "zone", *self.features, *self.regime_features, *self.of_targets]


def input_columns(
    features: Sequence[str], regime_features: Sequence[str], targets: dict[str, tuple[str, ...]]
) -> InputColumns:
    """Put the columns together, each under one name.

    Parameters
    ----------
    features, regime_features
        Names of the columns of both kinds.
    targets
        As `target_columns` gives them.

    Returns
    -------
    InputColumns

    Raises
    ------
    ValueError
        Where two kinds have a column of the same name.

    Examples
    --------
    >>> input_columns(["rsi_1D"], ["rsi_1D"], {})
    Traceback (most recent call last):
    ...
    ValueError: the column 'rsi_1D' is among the features and among the regime features; rename it
    where it is made, or leave it out with model_input.columns
    """
    columns = InputColumns(tuple(features), tuple(regime_features), targets)
    kinds = {
        "the keys": [*KEYS, "zone"],
        "the features": columns.features,
        "the regime features": columns.regime_features,
        "the targets": columns.of_targets,
    }
    seen: dict[str, str] = {}
    for kind, names in kinds.items():
        for name in names:
            if name in seen:
                raise ValueError(
                    f"the column {name!r} is among {seen[name]} and among {kind}; rename it where "
                    "it is made, or leave it out with model_input.columns"
                )
            seen[name] = kind
    return columns


def feature_columns(
    features: Table, listed: Sequence[str] | None
) -> tuple[list[str], dict[str, list[str]]]:
    """Give the listed columns, or all that have a value for every symbol.

    Parameters
    ----------
    features
        Feature table of the selection zone, so that later rows do not decide.
    listed
        Columns to take; None for all.

    Returns
    -------
    tuple of list and dict
        Columns to take, and those left out with the symbols that have no value of them.

    Raises
    ------
    ValueError
        For a listed column that is not there, or a feature table without columns.

    Examples
    --------
    >>> import polars as pl
    >>> table = pl.DataFrame({"symbol": "X", "ts": [1, 2], "a": [None, 1.0], "b": None})
    >>> feature_columns(table, None)
    (['a'], {'b': ['X']})
    """
    names = [name for name in features.columns if name not in KEYS]
    if listed is not None:
        for name in listed:
            if name not in names:
                raise ValueError(
                    f"model_input.columns: {name!r} is no column of the feature set"
                    f"{nearest(name, names)}"
                )
        return list(listed), {}
    left_out: dict[str, list[str]] = {}
    for symbol, rows in per_symbol(features):
        for name in names:
            if rows[name].null_count() == rows.height:
                left_out.setdefault(name, []).append(symbol)
    kept = [name for name in names if name not in left_out]
    if not kept:
        raise ValueError(
            "no column of the feature set has a value in the selection zone for every symbol; look "
            "at features.feature_set and the length of the selection zone"
        )
    return kept, left_out


def regime_columns(regime_features: Table) -> list[str]:
    """Name the columns that describe the regime.

    Parameters
    ----------
    regime_features
        Table of regime features.

    Returns
    -------
    list of str

    Examples
    --------
    >>> import polars as pl
    >>> regime_columns(pl.DataFrame(schema=["symbol", "ts", "p_state_0", "zone", "refit_id"]))
    ['p_state_0']
    """
    return [name for name in regime_features.columns if name not in {*KEYS, *_OF_A_REFIT}]


def target_columns(
    labels: Iterable[str], wanted: Sequence[str] | None
) -> dict[str, tuple[str, ...]]:
    """Give the columns that each target brings.

    Parameters
    ----------
    labels
        Columns of the label table.
    wanted
        Targets to take; None for all.

    Returns
    -------
    dict of str to tuple of str
        By target: its value, its end ``t1_*``, and what is known with it.

    Raises
    ------
    ValueError
        For a target that is not there.

    Examples
    --------
    >>> names = ["symbol", "ts", "label", "t1_label", "ret_net", "barrier", "up_1pct", "t1_up_1pct"]
    >>> target_columns(names, None)
    {'label': ('label', 't1_label', 'ret_net'), 'up_1pct': ('up_1pct', 't1_up_1pct')}
    >>> target_columns(names, ["up_2pct"])
    Traceback (most recent call last):
    ...
    ValueError: model_input.targets: 'up_2pct' is no target of labels; did you mean 'up_1pct'?
    """
    names = list(labels)
    known = [name for name in names if f"{_END}{name}" in names]
    for name in wanted or []:
        if name not in known:
            raise ValueError(
                f"model_input.targets: {name!r} is no target of labels{nearest(name, known)}"
            )
    return {
        name: (name, f"{_END}{name}", *(c for c in OF_A_TARGET.get(name, ()) if c in names))
        for name in wanted or known
    }
