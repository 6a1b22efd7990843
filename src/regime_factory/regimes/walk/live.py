"""Regimes of the latest bars from a lookback: the same rows as a run over the whole history."""

from collections.abc import Mapping, Sequence
from datetime import timedelta
from typing import Literal

import polars as pl

from regime_factory.bars import (
    Session,
    errors_of,
    per_symbol,
    resample_many,
    timeframe_minutes,
)
from regime_factory.features import build_features
from regime_factory.regimes.hmm.lookback import TOLERANCE, too_few_rows
from regime_factory.regimes.hmm.model import GaussianHMM
from regime_factory.regimes.labels import name_states
from regime_factory.regimes.observations import carry_forward, observe, observed_columns
from regime_factory.regimes.slots import StandardiseBy
from regime_factory.regimes.tables import probability_columns
from regime_factory.regimes.walk.refits import Refit, Refits
from regime_factory.regimes.walk.walk_forward import filter_lookback
from regime_factory.regimes.walk.warmup import feature_warmup

Models = Mapping[str, Refits | GaussianHMM]
Uncertified = Literal["keep", "drop", "refuse"]
_STALENESS = timedelta(days=7)


def regime_lookback(
    bars: pl.DataFrame,
    models: Models,
    *,
    timeframe: str,
    columns: Sequence[str],
    last: int | None = 1,
    session: Session | None = None,
    anchor: str | None = None,
    standardise_by: StandardiseBy = "none",
    max_staleness: timedelta = _STALENESS,
    label_threshold: float = 0.95,
    tol: float = TOLERANCE,
    uncertified: Uncertified = "refuse",
) -> pl.DataFrame:
    """Give the regimes of the latest bars, from the last bars alone and without refitting.

    Parameters
    ----------
    bars
        Canonical base bars of any number of symbols, the newest closed bar last. `regime_warmup`
        says how many it takes; more do no harm.
    models
        By symbol: its refits (`hmm.refits`), of which each bar is scored by the one in force, or
        one model that scores all bars.
    timeframe, columns
        What the models observe: `timeframe` and `feature_names` of `hmm.config`.
    last
        Base bars of each symbol to answer for; None for all that the models score.
    session, anchor, max_staleness
        As in `build_features`, the same as when the models were fitted.
    standardise_by
        As in `observe`, the same as when the models were fitted.
    label_threshold
        As in `filter_refits`.
    tol
        Largest difference to the batch row, in probability, for a row to count as certified.
    uncertified
        What to do with rows that the bars given do not settle: `refuse`, `drop` or `keep`.

    Returns
    -------
    polars.DataFrame
        One row per symbol and base bar: `symbol, ts, state, regime, p_state_0 ..,
        confirmed_state, confirmed_regime, refit_id, bound, certified`. The probabilities lie
        within `bound` of those of a run over any longer history; `certified` says that `bound` is
        at most `tol`. The confirmed state is null where the bars do not settle it.

    Raises
    ------
    ValueError
        For bars that do not suffice (says how many more), a symbol without a model, columns or a
        timeframe that cannot be made of the bars, or bars that no refit scores.

    Notes
    -----
    Bars must be adjusted with the factors of the history that the models were fitted on, not with
    factors that begin at 1 on the first of these bars: features in units of the price would come
    out scaled, and be certified all the same. Models of returns, ranges and ratios do not mind.

    Examples
    --------
    Fit on 3,000 bars, then reproduce the newest row of the batch from the last 80 bars alone:

    >>> from regime_factory.regimes import fit_refits
    >>> from regime_factory.regimes.tables import regime_table
    >>> from regime_factory.simulate import simulate_market
    >>> columns = ["close_logret_current_1H", "log_halfrange_current_1H"]
    >>> bars = simulate_market(3000, symbols=("X",), n_states=2, seed=1).bars
    >>> seen = observe(build_features(bars, columns=columns), bars, timeframe="1H", columns=columns)
    >>> refits = {"X": fit_refits(
    ...     seen.select(columns), seen["ts"], starts_at=1500, refit_every=500,
    ...     model=GaussianHMM(2, "diag", n_init=2, sticky=0.5))}
    >>> live = regime_lookback(bars.tail(80), refits, timeframe="1H", columns=columns)
    >>> live.select("regime", "refit_id", "certified").row(0)
    ('Calm', 2, True)
    >>> batch = regime_table(
    ...     refits, seen, bars.select("symbol", "ts"), zone="evaluation", label_threshold=0.95)
    >>> bool(abs(live["p_state_0"][-1] - batch["p_state_0"][-1]) < 1e-9)
    True

    Any row of the batch comes from the bars up to it, and its `refit_id` names its model:

    >>> row = batch.row(700, named=True)
    >>> until = bars.filter(pl.col("ts") <= row["ts"]).tail(80)
    >>> again = regime_lookback(until, refits, timeframe="1H", columns=columns)
    >>> again["refit_id"].item() == row["refit_id"], again["regime"].item() == row["regime"]
    (True, True)
    """
    observations = observe_lookback(
        bars,
        timeframe=timeframe,
        columns=columns,
        session=session,
        anchor=anchor,
        standardise_by=standardise_by,
        max_staleness=max_staleness,
    )
    return score_lookback(
        observations,
        bars.select("symbol", "ts"),
        models,
        timeframe=timeframe,
        last=last,
        max_staleness=max_staleness,
        label_threshold=label_threshold,
        tol=tol,
        uncertified=uncertified,
    )


def observe_lookback(
    bars: pl.DataFrame,
    *,
    timeframe: str,
    columns: Sequence[str],
    session: Session | None = None,
    anchor: str | None = None,
    standardise_by: StandardiseBy = "none",
    max_staleness: timedelta = _STALENESS,
) -> pl.DataFrame:
    """Make the observations that equal those of a run over any longer history, and no others.

    Parameters
    ----------
    bars, timeframe, columns, session, anchor, standardise_by, max_staleness
        As in `regime_lookback`.

    Returns
    -------
    polars.DataFrame
        Table of `observe`, without the rows whose features still depend on earlier bars.

    Raises
    ------
    ValueError
        Where a symbol has fewer bars than the features of one row need, or a column is not one
        that `build_features` makes.
    """
    try:
        warmup = feature_warmup(columns, bars["timeframe"][0], session)
    except ValueError as error:
        raise ValueError(
            f"{error}; a model of columns that are not made from bars takes them from a file of "
            "features (apply.source=features), or from a table given to score_lookback"
        ) from error
    for symbol, rows in per_symbol(bars):
        if rows.height < warmup:
            raise ValueError(_too_few_bars(symbol, rows, warmup))
    features = build_features(
        bars, columns=columns, session=session, anchor=anchor, max_staleness=max_staleness
    )
    coarse = resample_many(bars, [timeframe], session=session, anchor=anchor)
    table = observe(
        features,
        coarse,
        timeframe=timeframe,
        columns=columns,
        standardise_by=standardise_by,
        session=session,
        anchor=anchor,
    )
    parts = []
    for symbol, rows in per_symbol(bars):
        own = table.filter(pl.col("symbol") == symbol, pl.col("ts") >= rows["ts"][warmup - 1])
        if own.is_empty():
            raise ValueError(_too_few_bars(symbol, rows, warmup))
        parts.append(own)
    return pl.concat(parts)


def _too_few_bars(symbol: str, rows: pl.DataFrame, warmup: int) -> str:
    return (
        f"{symbol}: {rows.height} bars of {rows['timeframe'][0]} without history are too few: the "
        f"features of one row look back over {warmup}, and the filter over many such rows; give at "
        "least the `warmup_bars` that hmm.config names for the symbol"
    )


def score_lookback(
    observations: pl.DataFrame,
    stamps: pl.DataFrame,
    models: Models,
    *,
    timeframe: str,
    last: int | None = None,
    max_staleness: timedelta = _STALENESS,
    label_threshold: float = 0.95,
    tol: float = TOLERANCE,
    uncertified: Uncertified = "keep",
) -> pl.DataFrame:
    """Filter observations whose past is unknown and carry the regimes to given moments.

    Parameters
    ----------
    observations
        Table of `observe_lookback`, or ready-made: `symbol, ts` and the observed columns, one row
        per bar of `timeframe`.
    stamps
        `symbol, ts` of the rows to answer for.
    models, timeframe, last, max_staleness, label_threshold, tol, uncertified
        As in `regime_lookback`.

    Returns
    -------
    polars.DataFrame
        As `regime_lookback`.

    Raises
    ------
    ValueError
        As `regime_lookback`.
    """
    oldest = max_staleness + timedelta(minutes=timeframe_minutes(timeframe))
    parts = []
    for symbol in stamps["symbol"].unique(maintain_order=True):
        rows = observations.filter(pl.col("symbol") == symbol)
        refits = refits_of(symbol, models)
        with errors_of(symbol):
            X = rows.select(observed_columns(rows))
            scored = filter_lookback(refits, X, rows["ts"], label_threshold, tol)
            asked = stamps.filter(pl.col("symbol") == symbol)
            kept = carry_forward(scored, asked if last is None else asked.tail(last), oldest)
            if uncertified == "refuse":
                _refuse_uncertified(kept, rows["ts"], timeframe, tol)
        parts.append(kept.filter("certified") if uncertified == "drop" else kept)
    table = pl.concat(parts, how="diagonal")
    return table.select(
        "symbol", "ts", "state", "regime", *probability_columns(table),
        "confirmed_state", "confirmed_regime", "refit_id", "bound", "certified",
    )  # fmt: skip


def refits_of(symbol: str, models: Models) -> Refits:
    """Find the refits of a symbol; one plain model is a refit that scores every bar.

    Parameters
    ----------
    symbol
        The symbol.
    models
        As in `regime_lookback`.

    Returns
    -------
    Refits

    Raises
    ------
    ValueError
        For a symbol without a model.
    """
    if symbol not in models:
        raise ValueError(
            f"no model for symbol {symbol!r}; there are models for {', '.join(models)}: set "
            "ingest.symbol or ingest.symbols to one of them, or run hmm_selection on bars of it"
        )
    model = models[symbol]
    if isinstance(model, Refits):
        return model
    names = name_states(model.volatilities())
    return Refits((Refit(0, 0, None, model, names, {}, 0.0, ambiguous=False, fresh=False),))


def _refuse_uncertified(
    kept: pl.DataFrame, observed: pl.Series, timeframe: str, tol: float
) -> None:
    if kept.is_empty():
        raise ValueError("the newest regime is too old to be carried to any bar asked for")
    worst = kept.sort("bound", descending=True).row(0, named=True)
    if not worst["certified"]:
        n_rows = int((observed <= worst["ts"]).sum())
        problem = too_few_rows(n_rows, worst["bound"], tol)
        raise ValueError(f"{problem} (one row is one {timeframe} bar with all observed columns)")
