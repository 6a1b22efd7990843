"""Nodes of `hmm_selection`: observe, choose, refit, filter, and describe what came out."""

import logging
from typing import Any

import polars as pl

from regime_factory.bars import Table, bar_returns, errors_of, per_symbol, stack_symbols
from regime_factory.features.macro import is_macro
from regime_factory.params import HmmParams, MarketParams
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
    diagnostics,
    fit_refits,
    name_states,
    select_hmm,
    state_characteristics,
)
from regime_factory.regimes.observations import observe, observed_columns, skipped_bars
from regime_factory.regimes.tables import (
    diagnostics_table,
    model_by_name,
    model_metrics,
    regime_table,
    regimes_by_name,
    without_missing_states,
)
from regime_factory.regimes.walk.warmup import regime_warmup

LOG = logging.getLogger(__name__)
FIT_SETTINGS = (
    "train_fraction", "n_init", "n_iter", "tol", "sticky", "shrinkage", "min_occupancy", "seed",
)  # fmt: skip


def make_observations(features: Table, bars: Table, hmm: HmmParams) -> pl.DataFrame:
    """Take one row per bar of the regime timeframe, with the columns the model observes."""
    columns = columns_to_observe(features.columns, hmm)
    known = [name for name in ("symbol", "ts", *columns) if name in features.columns]
    closes = in_memory(bars, columns=["symbol", "timeframe", "ts", "close"])
    table = observe(
        in_memory(features, columns=known), closes, timeframe=hmm.regime_timeframe, columns=columns
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
    dict[str, GaussianHMM],
    dict[str, dict[str, Any]],
    dict[str, dict[str, list[float]]],
]:
    """Fit the grid inside the selection zone and keep the model with the lowest BIC."""
    choices = {
        symbol: choose_for_symbol(symbol, rows, hmm) for symbol, rows in per_symbol(observations)
    }
    warmups = measure_warmups(choices, observations, bars, market)
    return (
        stack_symbols({symbol: choice.table for symbol, choice in choices.items()}),
        stack_symbols({symbol: choice.profile for symbol, choice in choices.items()}),
        {symbol: choice.model for symbol, choice in choices.items()},
        {
            symbol: {
                **choice.config,
                "timeframe": hmm.regime_timeframe,
                "hours": bar_hours(market),
                **warmups[symbol],
            }
            for symbol, choice in choices.items()
        },
        {symbol: choice.scaler for symbol, choice in choices.items()},
    )


def choose_for_symbol(symbol: str, rows: pl.DataFrame, hmm: HmmParams) -> HMMSelection:
    """Choose the model of one symbol and say which it is."""
    columns = observed_columns(rows)
    with errors_of(symbol):
        choice = select_hmm(
            rows.select(columns),
            returns=rows["ret"].to_numpy(),
            n_states=hmm.candidates,
            covariance_types=hmm.covariance_types,
            profile_n_states=hmm.profile,
            feature_names=columns,
            progress=progress_bar(f"{symbol}: grid"),
            **hmm.model_dump(include=set(FIT_SETTINGS)),
        )
    LOG.info(
        "%s: %d states, %s covariance, out of %d models on %d bars",
        symbol,
        choice.config["n_states"],
        choice.config["covariance_type"],
        choice.table.height,
        rows.height,
    )
    return choice


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
    refits = {}
    for symbol, rows in per_symbol(observations):
        chosen = config[symbol]
        settings = GaussianHMM(
            chosen["n_states"],
            chosen["covariance_type"],
            n_init=hmm.n_init,
            n_iter=hmm.n_iter,
            tol=hmm.tol,
            sticky=hmm.sticky,
            shrinkage=hmm.shrinkage,
            random_state=hmm.seed,
        )
        starts_at = round(hmm.train_fraction * rows.height)
        refits[symbol] = refit_symbol(rows, starts_at, settings, hmm, symbol)
    return refits


def fit_evaluation_refits(
    observations: pl.DataFrame,
    zones: pl.DataFrame,
    models: dict[str, GaussianHMM],
    hmm: HmmParams,
) -> dict[str, Refits]:
    """Refit the chosen model along the evaluation zone, each time on earlier rows only."""
    start = zones.filter(pl.col("zone") == "evaluation")["start"].item()
    refits = {}
    for symbol, rows in per_symbol(observations):
        starts_at = int((rows["ts"] < start).sum())
        refits[symbol] = refit_symbol(rows, starts_at, models[symbol], hmm, symbol)
    return refits


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
    columns = observed_columns(observations)
    documents = {
        symbol: diagnostics(model_by_name(own[-1]), columns, name_states(range(len(own[-1].names))))
        for symbol, own in refits.items()
    }
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
