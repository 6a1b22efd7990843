"""Nodes of `honesty`: what the regimes are worth, beside the rules they have to beat."""

import logging
import warnings
from typing import Any

import polars as pl

from regime_factory.backtest.comparison import best_of_all, label_churn, strategy_differences
from regime_factory.bars import Table, errors_of, per_symbol
from regime_factory.params import BacktestParams, HmmParams, HonestyParams, MarketParams
from regime_factory.pipelines.backtest.nodes import execution_of
from regime_factory.pipelines.market import base_bars, in_memory, periods_per_year
from regime_factory.regimes import GaussianHMM, Refits
from regime_factory.regimes.honesty.card import CardSettings, label_figures
from regime_factory.regimes.honesty.detection import detection_figures, score_on_truth
from regime_factory.regimes.honesty.forecasts import risk_forecasts
from regime_factory.regimes.honesty.stability import (
    half_overlapping,
    overlap_agreement,
    stability_figures,
)
from regime_factory.regimes.observations import observed_columns
from regime_factory.regimes.risk.observed import observed_bars
from regime_factory.regimes.tables import shown_names, without_missing_states
from regime_factory.simulate import simulate_market

LOG = logging.getLogger(__name__)
BENCHMARK = "buy_and_hold"
YARDSTICKS = (BENCHMARK, "ewma_target")


def forecast_risk(
    refits: dict[str, Refits],
    observations: pl.DataFrame,
    bars: Table,
    hmm: HmmParams,
    backtest: BacktestParams,
    honesty: HonestyParams,
) -> pl.DataFrame:
    """Forecast variance and drawdowns from each scored bar, by the regimes and by other rules."""
    own_bars = regime_bars(bars, hmm)
    tables = []
    for symbol, rows in per_symbol(observations):
        with errors_of(symbol), warnings.catch_warnings(record=True) as said:
            warnings.simplefilter("always", RuntimeWarning)
            table = risk_forecasts(
                refits[symbol],
                rows.select(observed_columns(rows)),
                observed_bars(rows, own_bars, hmm.regime_timeframe),
                horizon=honesty.horizon,
                depth=honesty.drawdown_depth,
                decay=backtest.ewma_decay,
            )
        for warning in said:
            LOG.warning("%s: %s", symbol, warning.message)
        tables.append(table.insert_column(0, pl.lit(symbol).alias("symbol")))
    return pl.concat(tables)


def simulate_truth(
    models: dict[str, GaussianHMM], hmm: HmmParams, honesty: HonestyParams
) -> dict[str, Any]:
    """Measure the chosen settings where the states are known; equal settings are run once."""
    found: dict[str, dict[str, Any]] = {}
    # Simulated bars have no slot of the day, so a model by slot is measured without it.
    plain = {symbol: GaussianHMM(**model.get_params()) for symbol, model in models.items()}
    for model in plain.values():
        if repr(model) not in found:
            found[repr(model)] = on_simulated_markets(model, hmm, honesty)
    return {symbol: found[repr(model)] for symbol, model in plain.items()}


def on_simulated_markets(
    model: GaussianHMM, hmm: HmmParams, honesty: HonestyParams
) -> dict[str, Any]:
    """Fit and score a model on markets of as many states as it has."""
    runs = []
    for run in range(honesty.simulated_runs):
        simulated = simulate_market(
            honesty.simulated_bars,
            n_states=model.n_components,
            stay=honesty.simulated_stay,
            seed=honesty.seed + run,
        )
        runs.append(
            score_on_truth(
                model,
                simulated.observations("bars"),
                simulated.truth["state"][1:],
                n_train=honesty.simulated_bars // 2,
                label_threshold=hmm.label_threshold,
            )
        )
    return {**detection_figures(runs, model.n_components), "stay": honesty.simulated_stay}


def judge_labels(
    regimes: pl.DataFrame,
    named: pl.DataFrame,
    observations: pl.DataFrame,
    refits: dict[str, Refits],
    metrics: dict[str, Any],
    forecasts: pl.DataFrame,
    bars: Table,
    market: MarketParams,
    hmm: HmmParams,
    honesty: HonestyParams,
) -> dict[str, Any]:
    """Measure what followed the labels of the evaluation zone, and how stable they are."""
    own_bars = regime_bars(bars, hmm)
    figures = {}
    for symbol, rows in per_symbol(observations):
        scored = forecasts.filter(pl.col("symbol") == symbol)
        raw = on_rows(regimes, scored)["state"]
        states = on_rows(named, scored)["confirmed_state"]
        close = observed_bars(rows, own_bars, hmm.regime_timeframe)["close"][-scored.height :]
        names = shown_names(refits[symbol][-1])
        X = rows.select(observed_columns(rows)).to_numpy()
        with errors_of(symbol):
            figures[symbol] = {
                "start": scored["ts"][0].isoformat(),
                "end": scored["ts"][-1].isoformat(),
                "timeframe": hmm.regime_timeframe,
                **label_figures(scored, close, states, names, card_settings(honesty)),
                "stability": stability_figures(
                    raw,
                    states,
                    names=names,
                    metrics=metrics[symbol],
                    overlap=overlap_agreement(
                        refits[symbol][0].model,
                        X,
                        n_windows=honesty.overlap_windows,
                        max_rows=honesty.overlap_bars,
                    ),
                    window=window_length(len(X), honesty),
                    periods_per_year=periods_per_year(market, hmm.regime_timeframe),
                ),
            }
    return figures


def judge_strategies(
    equity: pl.DataFrame,
    metrics: dict[str, Any],
    strategy_selection: pl.DataFrame,
    hmm_selection: pl.DataFrame,
    regimes: pl.DataFrame,
    refits: dict[str, Refits],
    bars: Table,
    market: MarketParams,
    backtest: BacktestParams,
    honesty: HonestyParams,
) -> dict[str, Any]:
    """Compare the run's strategy with simpler ones, count what was tried, and price the churn."""
    execution = execution_of(market, backtest)
    draws = {"n_draws": honesty.n_draws, "seed": honesty.seed}
    figures = {}
    for symbol, rows in per_symbol(equity):
        chosen = metrics[symbol]["chosen"]
        own = without_missing_states(regimes.filter(pl.col("symbol") == symbol))
        priced = base_bars(bars, market, symbol).filter(pl.col("ts") >= own["ts"][0])
        with errors_of(symbol):
            figures[symbol] = {
                "trading": {
                    **strategy_differences(rows, chosen, YARDSTICKS, execution, **draws),
                    "random_timing": metrics[symbol]["random_timing"],
                    "labels": {n: r["label"] for n, r in metrics[symbol]["strategies"].items()},
                },
                "tried": {
                    "models": hmm_selection.filter(pl.col("symbol") == symbol).height,
                    "strategies": strategy_selection.filter(pl.col("symbol") == symbol).height,
                    **best_of_all(rows, BENCHMARK, **draws),
                },
                "churn": label_churn(own, priced, refits[symbol].state_stats, chosen, execution),
            }
    return figures


def make_card(
    labels: dict[str, Any],
    strategies: dict[str, Any],
    truth: dict[str, Any],
    detectors: pl.DataFrame,
) -> dict[str, Any]:
    """Put the figures of each symbol together."""
    return {
        symbol: {
            **figures,
            **strategies[symbol],
            "truth": truth[symbol],
            "detectors": detectors.filter(pl.col("symbol") == symbol).drop("symbol").to_dicts(),
        }
        for symbol, figures in labels.items()
    }


def draw_card(card: dict[str, Any]) -> dict[str, Any]:
    """Draw what the regimes add to simpler risk forecasts."""
    from regime_factory.report.plots import plot_yardsticks

    return {symbol: plot_yardsticks(figures) for symbol, figures in card.items()}


def regime_bars(bars: Table, hmm: HmmParams) -> pl.DataFrame:
    """Read the prices of the bars that the model observes."""
    columns = ["symbol", "timeframe", "ts", "high", "low", "close"]
    return in_memory(bars, pl.col("timeframe") == hmm.regime_timeframe, columns)


def on_rows(regimes: pl.DataFrame, scored: pl.DataFrame) -> pl.DataFrame:
    """Take the regimes of a symbol at the stamps of its scored rows."""
    keys = scored.select("symbol", "ts")
    return keys.join(regimes, on=["symbol", "ts"], how="left", maintain_order="left")


def window_length(n_rows: int, honesty: HonestyParams) -> int:
    """Count the rows of each half-overlapping window."""
    windows = half_overlapping(n_rows, honesty.overlap_windows, honesty.overlap_bars)
    return windows[0][1] - windows[0][0]


def card_settings(honesty: HonestyParams) -> CardSettings:
    """Give outcomes and draws as the regimes room wants them."""
    return CardSettings(
        horizon=honesty.horizon,
        depth=honesty.drawdown_depth,
        large_drawdown=honesty.large_drawdown,
        n_draws=honesty.n_draws,
        n_shifts=honesty.n_shifts,
        seed=honesty.seed,
    )
