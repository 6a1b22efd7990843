"""A walk through the rooms without Kedro: bars, gate, features, regimes, positions, figures.

Run it from the project root::

    .venv/bin/python examples/walk_through.py [FOLDER]

It simulates a market whose regimes are known, so that every step can be held against the truth, and
writes three pictures into FOLDER (default: the working directory).
"""

# ruff: noqa: T201 - the script prints what it sees

import sys
from pathlib import Path

import polars as pl

from regime_factory.backtest import run_backtest
from regime_factory.bars import check_bars, resample
from regime_factory.evaluation import stationary_bootstrap_sharpe
from regime_factory.features import build_features, warmup_bars
from regime_factory.regimes import (
    GaussianHMM,
    adjusted_rand,
    diagnostics,
    select_hmm,
    walk_forward_regimes,
)
from regime_factory.report.plots import (
    plot_dwell_times,
    plot_regimes_over_price,
    plot_transition_matrix,
)
from regime_factory.simulate import SimulatedMarket, simulate_market

OBSERVED = ["close_logret_current_4H", "log_halfrange_current_4H"]
PERIODS_PER_YEAR = 6 * 365
SELECTION_SHARE = 0.5


def main(folder: Path) -> None:
    """Take one simulated market from raw bars to figures."""
    market = simulate_market(12_000, n_states=2, timeframe="1H", stay=0.995, gaps=0.005, seed=3)
    bars = checked_bars(market)
    observations = observed(bars)
    model, first_scored = chosen_model(observations)
    regimes = scored(observations, model, first_scored, market)
    account(bars, regimes)
    draw(bars, regimes, model, folder)


def checked_bars(market: SimulatedMarket) -> pl.DataFrame:
    """Pass the hourly bars through the quality gate and make 4-hour bars of them."""
    say("1. Bars", f"{market.bars.height:,} hourly bars, some hours missing on purpose.")
    checked = check_bars(market.bars)
    for line in checked.report["symbols"]["SIM"]["checks"]:
        if line["severity"] != "ok":
            print(f"   {line['severity']}: {line['check']}: {line['result']}")
    print(f"   kept {checked.bars.height:,}, in quarantine {checked.quarantine.height}")
    coarse = resample(checked.bars, "4H")
    print(
        f"   {coarse.height:,} bars of 4 hours, stamped at their close, the last {coarse['ts'][-1]}"
    )
    return coarse


def observed(bars: pl.DataFrame) -> pl.DataFrame:
    """Compute what the model observes; warm-up rows are dropped."""
    features = build_features(bars, columns=OBSERVED).drop_nulls()
    needed = warmup_bars(columns=OBSERVED)
    say("2. Features", f"{', '.join(OBSERVED)}: {features.height:,} rows.")
    print(f"   the last {needed} bars are enough to compute the newest row live")
    return features


def chosen_model(observations: pl.DataFrame) -> tuple[GaussianHMM, int]:
    """Choose state count and covariance on the first half; the second half is not looked at."""
    first_scored = int(observations.height * SELECTION_SHARE)
    selection = observations.head(first_scored)
    chosen = select_hmm(selection.select(OBSERVED), n_states=(2, 3), n_init=4, seed=1)
    say("3. Model", "the lowest BIC wins (the simulated market has two states).")
    for row in chosen.table.sort("bic").iter_rows(named=True):
        mark = "chosen" if row["selected"] else ""
        print(f"   {row['n_states']} states, {row['covariance_type']:4}: {row['bic']:10.1f} {mark}")
    figures = diagnostics(chosen.model, OBSERVED)
    for name, bars_stayed in zip(figures["state_names"], figures["expected_bars"], strict=True):
        print(f"   {name}: expected to last {bars_stayed:.0f} bars")
    return chosen.model, first_scored


def scored(
    observations: pl.DataFrame, model: GaussianHMM, first_scored: int, market: SimulatedMarket
) -> pl.DataFrame:
    """Score the second half with models that were fitted on earlier bars only."""
    regimes = walk_forward_regimes(
        observations.select("ts", *OBSERVED),
        model=model,
        starts_at=first_scored,
        refit_every=500,
    )
    n_refits = regimes["refit_id"].n_unique()
    say("4. Regimes", f"{regimes.height:,} bars scored by {n_refits} refits, filtered, in order.")
    truth = regimes.join(market.truth.select("ts", true="state"), on="ts")
    agreement = adjusted_rand(truth["true"].to_numpy(), truth["state"].to_numpy())
    print(f"   agreement with the simulated truth: adjusted Rand {agreement:.2f} (1 is perfect)")
    return regimes


def account(bars: pl.DataFrame, regimes: pl.DataFrame) -> None:
    """Hold the market while the confirmed regime is the calmest, and count the costs."""
    scored_bars = bars.filter(pl.col("ts") >= regimes["ts"][0])
    calm = (pl.col("confirmed_state") == 0).cast(pl.Float64)
    positions = pl.concat(
        [
            regimes.select(pl.lit("SIM").alias("symbol"), "ts", strategy=pl.lit(name), position=at)
            for name, at in {"calm": calm, "hold": pl.lit(1.0)}.items()
        ]
    )
    result = run_backtest(
        scored_bars, positions, periods_per_year=PERIODS_PER_YEAR, fee_bps=5, slippage_bps=2
    )
    say("5. Accounts", "a decision is filled at the next close, after 7 basis points a side.")
    for name in ("calm", "hold"):
        own = result.equity.filter(strategy=name)["ret"].to_numpy()
        sharpe = stationary_bootstrap_sharpe(own, periods_per_year=PERIODS_PER_YEAR, seed=1)
        print(
            f"   {name}: Sharpe ratio {sharpe.sharpe:.2f}, 95 % interval {sharpe.lower:.2f} to "
            f"{sharpe.upper:.2f}"
        )


def draw(bars: pl.DataFrame, regimes: pl.DataFrame, model: GaussianHMM, folder: Path) -> None:
    """Write three pictures."""
    named = regimes.with_columns(symbol=pl.lit("SIM"))
    figures = diagnostics(model, OBSERVED)
    pictures = {
        "regimes": plot_regimes_over_price(bars, named),
        "transitions": plot_transition_matrix(figures["transmat"], figures["state_names"]),
        "dwell": plot_dwell_times(named),
    }
    for name, figure in pictures.items():
        figure.savefig(folder / f"{name}.png")
    say("6. Pictures", ", ".join(str(folder / f"{name}.png") for name in pictures))


def say(title: str, text: str) -> None:
    """Print a heading with one sentence."""
    print(f"\n{title}: {text}")


if __name__ == "__main__":
    main(Path(sys.argv[1] if len(sys.argv) > 1 else "."))
