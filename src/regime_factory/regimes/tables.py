"""Long tables over symbols: regimes of a zone, likelihoods, diagnostics."""

from collections.abc import Mapping, Sequence
from datetime import timedelta
from typing import Any

import numpy as np
import polars as pl

from regime_factory.bars import per_symbol
from regime_factory.regimes.describe.diagnostics import diagnostics, honesty_figures
from regime_factory.regimes.hmm.model import GaussianHMM
from regime_factory.regimes.labels import name_places
from regime_factory.regimes.observations import carry_forward, observed_columns
from regime_factory.regimes.walk.refits import Refit, Refits
from regime_factory.regimes.walk.walk_forward import filter_refits

_MOMENTS = ("transmat", "means", "stds", "explained")


def regime_table(
    refits: Mapping[str, Refits],
    observations: pl.DataFrame,
    stamps: pl.DataFrame,
    *,
    zone: str,
    label_threshold: float,
    oldest: timedelta | None = None,
) -> pl.DataFrame:
    """Score every symbol's rows with the refit in force and carry the result to the base bars.

    Parameters
    ----------
    refits
        Refits by symbol.
    observations
        Table of `observe`, training rows included.
    stamps
        `symbol, ts` of the base bars.
    zone
        Name of the zone that the refits score.
    label_threshold
        Filtered probability that confirms a switch.
    oldest
        Age at which a regime is no longer carried forward.

    Returns
    -------
    polars.DataFrame
        `symbol, ts, state, regime, p_state_0 .., confirmed_state, confirmed_regime, zone,
        refit_id`; probabilities of states that a symbol's model lacks are null.
    """
    parts = []
    for symbol, rows in per_symbol(observations):
        X = rows.select(observed_columns(rows))
        filtered = filter_refits(refits[symbol], X, rows["ts"], label_threshold)
        parts.append(carry_forward(filtered, stamps.filter(pl.col("symbol") == symbol), oldest))
    table = pl.concat(parts, how="diagonal").with_columns(zone=pl.lit(zone))
    return table.select(
        "symbol", "ts", "state", "regime", *probability_columns(table),
        "confirmed_state", "confirmed_regime", "zone", "refit_id",
    )  # fmt: skip


def probability_columns(regimes: pl.DataFrame) -> list[str]:
    """Name the probability columns in the order of their states.

    Parameters
    ----------
    regimes
        Table with `p_state_0 ..`.

    Returns
    -------
    list of str

    Examples
    --------
    >>> probability_columns(pl.DataFrame({"p_state_10": [0.5], "p_state_2": [0.5]}))
    ['p_state_2', 'p_state_10']
    """
    names = [name for name in regimes.columns if name.startswith("p_state_")]
    return sorted(names, key=lambda name: int(name.removeprefix("p_state_")))


def regimes_by_name(regimes: pl.DataFrame, refits: Refits) -> pl.DataFrame:
    """Renumber the states so that a number stands for one name over all refits.

    Aligned states keep their number across refits, while names follow the figures that each refit
    measures on its own rows; where the ranks of two states cross, number and name part. Tables and
    pictures that people read go by name: calmest first, or from Bull to Bear.

    Parameters
    ----------
    regimes
        Rows of one symbol from `regime_table`.
    refits
        Its refits.

    Returns
    -------
    polars.DataFrame
        Same rows and columns; `state`, `confirmed_state` and `p_state_k` follow the names.
    """
    known = without_missing_states(regimes)
    columns = probability_columns(known)
    parts = []
    for refit in refits:
        rows = known.filter(pl.col("refit_id") == refit.refit_id)
        place = {old: int(new) for old, new in enumerate(name_places(refit.names))}
        moved = {columns[place[old]]: rows[columns[old]] for old in place}
        parts.append(rows.with_columns(pl.col("state", "confirmed_state").replace(place), **moved))
    return pl.concat(parts)


def shown_names(refit: Refit) -> list[str]:
    """Give the names of a refit's states in the order in which they are shown.

    Parameters
    ----------
    refit
        One refit.

    Returns
    -------
    list of str
        Calmest first, or from Bull to Bear.
    """
    return [refit.names[state] for state in np.argsort(name_places(refit.names))]


def model_by_name(refit: Refit) -> GaussianHMM:
    """Give a refit's model with its states in the order of `shown_names`.

    Parameters
    ----------
    refit
        One refit.

    Returns
    -------
    GaussianHMM
        A copy.
    """
    model = type(refit.hmm).from_state(refit.hmm.to_state())
    return model.reorder(np.argsort(name_places(refit.names)))


def describe_refit(refit: Refit, feature_names: Sequence[str]) -> dict[str, Any]:
    """Describe the model of a refit by its own training rows, states as they are shown.

    Parameters
    ----------
    refit
        One refit.
    feature_names
        Observed columns.

    Returns
    -------
    dict
        As `diagnostics`; the importance is weighted by the shares of the training rows.
    """
    order = np.argsort(name_places(refit.names))
    shares = [refit.statistics["share"][state] or 0.0 for state in order]
    return diagnostics(model_by_name(refit), feature_names, shown_names(refit), shares)


def without_missing_states(regimes: pl.DataFrame) -> pl.DataFrame:
    """Drop the probability columns of states that this symbol's model does not have.

    Parameters
    ----------
    regimes
        Rows of one symbol from `regime_table`.

    Returns
    -------
    polars.DataFrame
        The same rows.

    Examples
    --------
    >>> table = pl.DataFrame({"p_state_0": [1.0], "p_state_1": [None]})
    >>> without_missing_states(table).columns
    ['p_state_0']
    """
    empty = [
        name
        for name in regimes.columns
        if name.startswith("p_state_") and regimes[name].null_count() == regimes.height
    ]
    return regimes.drop(empty)


def model_metrics(
    model: GaussianHMM,
    refits: Refits,
    observations: pl.DataFrame,
    *,
    label_threshold: float,
    periods_per_year: float,
) -> dict[str, Any]:
    """Say how well a model and its refits describe the zone they score.

    Parameters
    ----------
    model
        The chosen model, fitted before the zone.
    refits
        Its refits along the zone.
    observations
        Rows of one symbol, training rows included.
    label_threshold
        As in `filter_refits`.
    periods_per_year
        Observed bars a year.

    Returns
    -------
    dict
        Log-likelihoods of the zone in nats (the fixed model, and the refits walked forward),
        counts of bars and refits, the refits whose states could as well be matched otherwise with
        those of the refit before, and the figures of `honesty_figures`.
    """
    X = observations.select(observed_columns(observations))
    first = refits[0].first_row
    walked = [
        refit.hmm.score_rows(X[:end])[start:].sum()
        for refit, start, end in refits.blocks(observations.height)
    ]
    filtered = filter_refits(refits, X, observations["ts"], label_threshold)
    return {
        "n_states": model.n_components,
        "covariance_type": model.covariance_type,
        "emission": model.emission,
        "loglik_evaluation": float(model.score_rows(X)[first:].sum()),
        "loglik_evaluation_walk_forward": float(sum(walked)),
        "bars_evaluation": observations.height - first,
        "n_refits": len(refits),
        "n_ambiguous_refits": sum(bool(refit.ambiguous) for refit in refits),
        "ambiguous_refits": [
            {"refit_id": refit.refit_id, "first_ts": refit.first_ts}
            for refit in refits
            if refit.ambiguous
        ],
        "n_fresh_refits": sum(bool(refit.fresh) for refit in refits),
        **honesty_figures(refits, X.to_numpy(), filtered, periods_per_year),
    }


def diagnostics_table(documents: Mapping[str, Mapping[str, Any]]) -> pl.DataFrame:
    """Lay the documents of `diagnostics` out as rows, for spreadsheets.

    Parameters
    ----------
    documents
        One document per symbol.

    Returns
    -------
    polars.DataFrame
        `symbol, quantity, state, other, value`: transition matrix (`other` is the next state),
        means, standard deviations and covariances (`other` names the columns), stationary
        shares, shares of the training rows, expected bars, degrees of freedom of Student-t
        emission, explained variance of each column by state; the importance of a column is that
        of the column (`other`) and has no state (-1).
    """
    rows: list[tuple[str, str, int, str, float | None]] = []
    for symbol, document in documents.items():
        names, features = document["state_names"], document["feature_names"]
        for state in range(len(names)):
            for quantity in _MOMENTS:
                others = names if quantity == "transmat" else features
                values = zip(others, document[quantity][state], strict=True)
                rows += [(symbol, quantity, state, other, value) for other, value in values]
            for feature, line in zip(features, document["covars"][state], strict=True):
                pairs = zip(features, line, strict=True)
                rows += [(symbol, "covars", state, f"{feature},{b}", value) for b, value in pairs]
            rows += [
                (symbol, quantity, state, "", document[quantity][state])
                for quantity in ("stationary", "shares", "expected_bars", "dofs")
                if document[quantity] is not None
            ]
        shares = zip(features, document["importance"], strict=True)
        rows += [(symbol, "importance", -1, feature, value) for feature, value in shares]
    schema = {
        "symbol": pl.String, "quantity": pl.String, "state": pl.Int64,
        "other": pl.String, "value": pl.Float64,
    }  # fmt: skip
    return pl.DataFrame(rows, schema=schema, orient="row")
