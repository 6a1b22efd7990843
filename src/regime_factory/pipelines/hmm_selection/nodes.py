"""Nodes of `hmm_selection`: observe, choose, refit, filter, and describe what came out."""

import logging
from copy import deepcopy
from typing import Any

import polars as pl

from regime_factory.bars import Table, bar_returns, errors_of, per_symbol, stack_symbols
from regime_factory.evaluation import trial_table
from regime_factory.features.macro import is_macro
from regime_factory.params import HmmParams, MarketParams
from regime_factory.pipelines.hmm_selection.pooled import (
    choose_pooled,
    refit_pooled,
    selection_cut,
)
from regime_factory.pipelines.hmm_selection.trials import cell_trials
from regime_factory.pipelines.market import (
    bar_hours,
    base_bars,
    in_memory,
    oldest,
    periods_per_year,
)
from regime_factory.pipelines.progress import progress_bar
from regime_factory.regimes import (
    GaussianHMM,
    HMMSelection,
    Refits,
    align_states,
    fit_refits,
    select_hmm,
    state_characteristics,
    state_statistics,
)
from regime_factory.regimes.describe.statistics import names_by_figures
from regime_factory.regimes.hmm.by_slot import SlotHMM
from regime_factory.regimes.observations import (
    feature_columns,
    observe,
    observed_columns,
    skipped_bars,
)
from regime_factory.regimes.tables import (
    describe_refit,
    diagnostics_table,
    model_metrics,
    regime_table,
    regimes_by_name,
    without_missing_states,
)
from regime_factory.regimes.walk.warmup import regime_warmup

LOG = logging.getLogger(__name__)
FIT_SETTINGS = (
    "covariance_types", "emissions", "criterion", "train_fraction", "n_init", "n_iter", "tol",
    "sticky", "shrinkage", "min_occupancy", "min_dwell", "min_agreement", "label_threshold",
    "n_jobs", "seed",
)  # fmt: skip


def make_observations(
    features: Table, bars: Table, market: MarketParams, hmm: HmmParams
) -> pl.DataFrame:
    """Take one row per bar of the regime timeframe, with the columns the model observes."""
    columns = columns_to_observe(features.columns, hmm)
    known = [name for name in ("symbol", "ts", *columns) if name in features.columns]
    closes = in_memory(bars, columns=["symbol", "timeframe", "ts", "close"])
    table = observe(
        in_memory(features, columns=known),
        closes,
        timeframe=hmm.regime_timeframe,
        columns=columns,
        standardise_by=hmm.standardise_by,
        session=market.session,
        anchor=market.anchor,
    )
    for symbol, n_skipped in skipped_bars(table, closes, hmm.regime_timeframe).items():
        LOG.warning(
            "%s: %d %s bars after the first observation are not observed, for a missing value in "
            "%s; the model takes their neighbours for neighbours",
            symbol,
            n_skipped,
            hmm.regime_timeframe,
            ", ".join(columns),
        )
    return table


def columns_to_observe(known: list[str], hmm: HmmParams) -> list[str]:
    """Name the columns of the regime timeframe; ready-made and macro columns name none."""
    suffix = f"_{hmm.regime_timeframe}"
    if hmm.observations == "feature_set":
        own = [name for name in known if name.endswith(suffix) or is_macro(name)]
        return own or [name for name in known if name not in {"symbol", "ts"}]
    return [n if n in known or is_macro(n) else f"{n}{suffix}" for n in hmm.observations]


def choose_model(
    observations: pl.DataFrame, bars: Table, market: MarketParams, hmm: HmmParams
) -> tuple[
    pl.DataFrame,
    pl.DataFrame,
    pl.DataFrame,
    dict[str, GaussianHMM],
    dict[str, dict[str, Any]],
    dict[str, dict[str, list[float]]],
]:
    """Fit the grid inside the selection zone and keep the model that the criterion names.

    The trials come first, so that no choice is stored whose trials are not logged.
    """
    choices = choose_models(observations, hmm)
    warmups = measure_warmups(choices, observations, bars, market)
    rows = dict(per_symbol(observations))
    return (
        trial_table(cell_trials(choices, bars, market, hmm)),
        stack_symbols({symbol: choice.table for symbol, choice in choices.items()}),
        stack_symbols({symbol: choice.profile for symbol, choice in choices.items()}),
        {symbol: choice.model for symbol, choice in choices.items()},
        {
            symbol: {
                **choice.config,
                "state_names": state_names(choice.model, rows[symbol], hmm),
                "pooled": hmm.pooled,
                "standardise_by": hmm.standardise_by,
                "timeframe": hmm.regime_timeframe,
                "hours": bar_hours(market),
                **warmups[symbol],
            }
            for symbol, choice in choices.items()
        },
        {symbol: choice.scaler for symbol, choice in choices.items()},
    )


def state_names(model: GaussianHMM, rows: pl.DataFrame, hmm: HmmParams) -> list[str]:
    """Name the states of a chosen model by the rows of one symbol."""
    p = model.filter(rows.select(observed_columns(rows)))
    return names_by_figures(state_statistics(p, rows["ret"]), hmm.naming)


def choose_models(observations: pl.DataFrame, hmm: HmmParams) -> dict[str, HMMSelection]:
    """Choose a model for each symbol, or one for all, and say which and why."""
    settings = {
        "n_states": hmm.candidates,
        "profile_n_states": hmm.profile,
        "by_slot": hmm.standardise_by != "none",
        **hmm.model_dump(include=set(FIT_SETTINGS)),
    }
    if hmm.pooled:
        choices = choose_pooled(observations, settings)
    else:
        choices = {
            symbol: choose_for_symbol(symbol, rows, settings)
            for symbol, rows in per_symbol(observations)
        }
    for symbol, choice in choices.items():
        config = choice.config
        LOG.log(
            logging.INFO if config["met"] else logging.WARNING,
            "%s: %d states, %s covariance, %s emission: %s",
            symbol,
            config["n_states"],
            config["covariance_type"],
            config["emission"],
            config["why"],
        )
        LOG.info("%s: %s", symbol, choice.identified["sentence"])
    return choices


def choose_for_symbol(symbol: str, rows: pl.DataFrame, settings: dict[str, Any]) -> HMMSelection:
    """Choose the model of one symbol."""
    columns = observed_columns(rows)
    with errors_of(symbol):
        return select_hmm(
            rows.select(columns),
            returns=rows["ret"].to_numpy(),
            feature_names=columns,
            progress=progress_bar(f"{symbol}: grid"),
            **settings,
        )


def measure_warmups(
    choices: dict[str, HMMSelection],
    observations: pl.DataFrame,
    bars: Table,
    market: MarketParams,
) -> dict[str, dict[str, int | None]]:
    """Measure how many base bars each symbol's chosen model needs for a regime."""
    base = in_memory(bars, pl.col("timeframe") == market.timeframe, ["symbol", "ts"])
    stamps = {symbol: rows["ts"] for symbol, rows in per_symbol(base)}
    return {
        symbol: regime_warmup(
            choices[symbol].model,
            rows,
            stamps[symbol],
            base=market.timeframe,
            session=market.session,
        )
        for symbol, rows in per_symbol(observations)
    }


def fit_selection_refits(
    observations: pl.DataFrame, config: dict[str, dict[str, Any]], hmm: HmmParams
) -> dict[str, Refits]:
    """Refit the chosen settings along the later part of the selection zone."""
    settings = {symbol: unfitted_model(chosen, hmm) for symbol, chosen in config.items()}
    if hmm.pooled:
        return refit_pooled(observations, selection_cut(observations, hmm), settings, hmm)
    refits = {}
    for symbol, rows in per_symbol(observations):
        starts_at = round(hmm.train_fraction * rows.height)
        refits[symbol] = refit_symbol(rows, starts_at, settings[symbol], hmm, symbol)
    return refits


def unfitted_model(chosen: dict[str, Any], hmm: HmmParams) -> GaussianHMM:
    """Give the chosen settings as a model that has seen nothing."""
    kind = GaussianHMM if hmm.standardise_by == "none" else SlotHMM
    return kind(
        chosen["n_states"],
        chosen["covariance_type"],
        emission=chosen["emission"],
        n_init=hmm.n_init,
        n_iter=hmm.n_iter,
        tol=hmm.tol,
        sticky=hmm.sticky,
        shrinkage=hmm.shrinkage,
        random_state=hmm.seed,
    )


def fit_evaluation_refits(
    observations: pl.DataFrame,
    zones: pl.DataFrame,
    models: dict[str, GaussianHMM],
    selection_refits: dict[str, Refits],
    hmm: HmmParams,
) -> dict[str, Refits]:
    """Refit the chosen model along the evaluation zone, each time on earlier rows only.

    State numbers go on from the selection zone, so that a column means the same in both.
    """
    start = zones.filter(pl.col("zone") == "evaluation")["start"].item()
    models = {name: numbered_as(selection_refits[name], model) for name, model in models.items()}
    if hmm.pooled:
        return refit_pooled(observations, start, models, hmm)
    refits = {}
    for symbol, rows in per_symbol(observations):
        starts_at = int((rows["ts"] < start).sum())
        refits[symbol] = refit_symbol(rows, starts_at, models[symbol], hmm, symbol)
    return refits


def numbered_as(refits: Refits, model: GaussianHMM) -> GaussianHMM:
    """Copy a model, its states in the order of the last of earlier refits."""
    order = align_states(refits[-1].model.moments(), model.moments()).order
    return deepcopy(model).reorder(order)


def refit_symbol(
    rows: pl.DataFrame, starts_at: int, model: GaussianHMM, hmm: HmmParams, symbol: str
) -> Refits:
    """Walk one symbol forward."""
    with errors_of(symbol):
        return fit_refits(
            rows.select(observed_columns(rows)),
            rows["ts"],
            starts_at=starts_at,
            refit_every=hmm.refit_every,
            model=model,
            returns=rows["ret"].to_numpy(),
            n_fresh=hmm.n_fresh,
            fresh_gain=hmm.fresh_gain,
            seed=hmm.seed,
            naming=hmm.naming,
            progress=progress_bar(f"{symbol}: refits"),
        )


def filter_selection_regimes(
    refits: dict[str, Refits],
    observations: pl.DataFrame,
    bars: Table,
    market: MarketParams,
    hmm: HmmParams,
) -> pl.DataFrame:
    """Filtered regimes of the later part of the selection zone."""
    return filter_zone("selection", refits, observations, bars, market, hmm)


def filter_evaluation_regimes(
    refits: dict[str, Refits],
    observations: pl.DataFrame,
    bars: Table,
    market: MarketParams,
    hmm: HmmParams,
) -> tuple[pl.DataFrame, pl.DataFrame]:
    """Filtered regimes of the evaluation zone, twice: as Parquet and as CSV."""
    table = filter_zone("evaluation", refits, observations, bars, market, hmm)
    return table, table


def filter_zone(
    zone: str,
    refits: dict[str, Refits],
    observations: pl.DataFrame,
    bars: Table,
    market: MarketParams,
    hmm: HmmParams,
) -> pl.DataFrame:
    """Score the rows of a zone and carry the regimes to its base bars."""
    return regime_table(
        refits,
        observations,
        base_bars(bars, market).select("symbol", "ts"),
        zone=zone,
        label_threshold=hmm.label_threshold,
        oldest=oldest(market, hmm.regime_timeframe),
    )


def measure_models(
    models: dict[str, GaussianHMM],
    refits: dict[str, Refits],
    observations: pl.DataFrame,
    market: MarketParams,
    hmm: HmmParams,
) -> dict[str, Any]:
    """Likelihood of the evaluation zone, and how far the labels can be trusted."""
    return {
        symbol: model_metrics(
            models[symbol],
            refits[symbol],
            rows,
            label_threshold=hmm.label_threshold,
            periods_per_year=periods_per_year(market, hmm.regime_timeframe),
        )
        for symbol, rows in per_symbol(observations)
    }


def describe_models(
    refits: dict[str, Refits], observations: pl.DataFrame
) -> tuple[dict[str, Any], pl.DataFrame]:
    """Describe the latest refit of each symbol, as a document and as one long table."""
    columns = feature_columns(observations)
    documents = {symbol: describe_refit(own[-1], columns) for symbol, own in refits.items()}
    return documents, diagnostics_table(documents)


def number_by_name(regimes: pl.DataFrame, refits: dict[str, Refits]) -> pl.DataFrame:
    """Renumber the regimes of the evaluation zone so that a number stands for one name."""
    parts = [regimes_by_name(rows, refits[symbol]) for symbol, rows in per_symbol(regimes)]
    table = pl.concat(parts, how="diagonal")
    return table.select(regimes.columns)


def characterise(
    regimes: pl.DataFrame,
    bars: Table,
    documents: dict[str, Any],
    market: MarketParams,
    hmm: HmmParams,
) -> dict[str, list[dict[str, Any]]]:
    """Share, return, volatility and spells of each regime over the evaluation zone."""
    bars_a_year = periods_per_year(market)
    return {
        symbol: state_characteristics(
            without_missing_states(rows),
            bar_returns(base_bars(bars, market, symbol)),
            bars_a_year,
            seed=hmm.seed,
            names=documents[symbol]["state_names"],
            transmat=documents[symbol]["transmat"],
            bars_per_step=bars_a_year / periods_per_year(market, hmm.regime_timeframe),
        )
        for symbol, rows in per_symbol(regimes)
    }
