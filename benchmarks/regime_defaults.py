"""Every default of the regime engine against its alternatives, walked forward on real bars.

One setting is changed at a time. Figures are of the rows between two fifths and nine tenths of each
file: every row is scored by a model of earlier rows.
"""

from collections.abc import Sequence
from dataclasses import dataclass, field, replace

import numpy as np
import polars as pl

from benchmarks.market_sets import DATA, FILES, MarketSet, by_slot, daily, load
from regime_factory.regimes import (
    GaussianHMM,
    GaussianMixture,
    JumpModel,
    Refits,
    VolatilityThreshold,
    confirm_labels,
    filter_refits,
    fit_refits,
    refit_agreement,
    switches_per_year,
)
from regime_factory.regimes.detector import Detector
from regime_factory.regimes.risk.calibration import walk_variance
from regime_factory.regimes.risk.regime_variance import regime_variance
from regime_factory.regimes.risk.scores import newey_west_t, qlike
from regime_factory.regimes.risk.variance import next_squared, variance_forecasts

STARTS_AT = 0.4 / 0.9  # of the rows up to the evaluation end
DAILY = ("SPY_1d", "MSFT_1d", "ES_1d", "NQ_1d", "BTC_1d")
HALF_YEAR = 126


@dataclass(frozen=True)
class Setup:
    """Settings of one walk-forward run; the defaults are those of `hmm`."""

    emission: str = "gaussian"
    n_states: int = 3
    sticky: float = 0.5
    columns: tuple[str, ...] = ("return", "half-range")
    threshold: float = 0.95
    refit_every: int = 63
    fresh_gain: float = 0.01
    covariance_type: str = "full"
    detector: str = "hmm"


BASE = Setup()
VARIANTS: dict[str, dict[str, object]] = {
    "defaults": {},
    "emission: Student-t": {"emission": "student_t"},
    "covariance: diag": {"covariance_type": "diag"},
    "sticky 0": {"sticky": 0.0},
    "sticky 0, Student-t": {"sticky": 0.0, "emission": "student_t"},
    "sticky 2": {"sticky": 2.0},
    "observe return": {"columns": ("return",)},
    "observe half-range": {"columns": ("half-range",)},
    "observe return, half-range, VIX": {"columns": ("return", "half-range", "VIX")},
    "K 2": {"n_states": 2},
    "K 4": {"n_states": 4},
    "label threshold .5": {"threshold": 0.5},
    "label threshold .8": {"threshold": 0.8},
    "label threshold .99": {"threshold": 0.99},
    "refit every 125": {"refit_every": 125},
    "refit every 250": {"refit_every": 250},
    "fresh fit if better at all": {"fresh_gain": 0.0},
    "detector: jump model": {"detector": "jump"},
    "detector: Gaussian mixture": {"detector": "mixture"},
    "detector: volatility threshold": {"detector": "threshold"},
}


@dataclass
class Walk:
    """One finished run: what each row said, and how it scored against the next squared return."""

    refits: Refits
    rows: pl.DataFrame
    loss_label: np.ndarray
    loss_probability: np.ndarray
    figures: dict[str, float] = field(default_factory=dict)


def daily_set(name: str) -> MarketSet:
    """A daily set; where there is no daily file, the hourly one is put together to days."""
    if name in FILES:
        return load(name)
    return daily(load(name.replace("_1d", "_1h")))[0]


def observed(market: MarketSet, columns: Sequence[str]) -> np.ndarray | None:
    """Observations of a variant; None where the market has no VIX."""
    parts = {"return": market.X[:, :1], "half-range": market.X[:, 1:]}
    if "VIX" in columns:
        if not market.name.startswith(("SPY", "ES", "NQ")):
            return None
        parts["VIX"] = _vix(market)
    return np.column_stack([parts[name] for name in columns])


def _vix(market: MarketSet) -> np.ndarray:
    """Log close of the VIX of each day."""
    file = pl.read_parquet(DATA / "macro" / "VIX_1d_1990_2022.parquet")
    table = file.select(pl.col("date").cast(pl.Date), pl.col("close").log()).sort("date")
    days = pl.DataFrame({"date": market.dates}).join_asof(table, on="date", strategy="backward")
    return days["close"].to_numpy()[:, None]


def model_of(setup: Setup) -> Detector:
    """The unfitted model of a setup; other detectors as `detectors` sets them."""
    if setup.detector == "jump":
        return JumpModel(setup.n_states, 10.0)
    if setup.detector == "mixture":
        return GaussianMixture(setup.n_states)
    if setup.detector == "threshold":
        return VolatilityThreshold(setup.n_states)
    return GaussianHMM(
        setup.n_states,
        setup.covariance_type,
        emission=setup.emission,
        sticky=setup.sticky,
        shrinkage=10.0,
    )


def fit_walk(X: np.ndarray, returns: np.ndarray, setup: Setup, starts_at: int) -> Refits:
    """Refits of one setup; the threshold plays no part."""
    return fit_refits(
        X,
        starts_at=starts_at,
        refit_every=setup.refit_every,
        model=model_of(setup),
        returns=returns,
        fresh_gain=setup.fresh_gain,
    )


def label_variance(
    refits: Refits, X: np.ndarray, returns: np.ndarray, threshold: float
) -> np.ndarray:
    """Variance of the next bar by confirmed label: its mean squared next return, training rows."""
    rows = filter_refits(refits, X, label_threshold=threshold)
    live = np.full(len(X), -1)
    live[refits[0].first_row :] = rows["confirmed_state"].to_numpy()
    by_row = {refit.first_row: refit for refit in refits}

    def raw(start: int, end: int) -> np.ndarray:
        p = by_row[start].model.filter(X[:start])
        labels = np.append(confirm_labels(p, threshold), live[start:end])
        return label_levels(labels[: start - 1], returns[1:start] ** 2, p.shape[1])[labels]

    return walk_variance(returns, list(by_row), raw)


def label_levels(labels: np.ndarray, after: np.ndarray, n_states: int) -> np.ndarray:
    """Mean of what followed each label; the mean of all for a label that never occurred."""
    counts = np.bincount(labels, minlength=n_states)
    sums = np.bincount(labels, weights=after, minlength=n_states)
    return np.where(counts > 0, sums / np.maximum(counts, 1), after.mean())


def walk(market: MarketSet, setup: Setup, refits: Refits | None = None) -> Walk | None:
    """Run one setup on one market; `refits` of an equal model are not fitted again."""
    X = observed(market, setup.columns)
    if X is None:
        return None
    starts_at = round(STARTS_AT * len(X))
    if refits is None:
        refits = fit_walk(X, market.returns, setup, starts_at)
    rows = filter_refits(refits, X, label_threshold=setup.threshold)
    realised = market.returns[starts_at + 1 :] ** 2
    by_label = label_variance(refits, X, market.returns, setup.threshold)[starts_at:-1]
    by_probability = regime_variance(refits, X, market.returns)[starts_at:-1]
    done = Walk(refits, rows, qlike(realised, by_label), qlike(realised, by_probability))
    mean, worst = refit_agreement(refits, X)
    done.figures = {
        "switches": switches_per_year(rows["confirmed_state"].to_numpy(), market.per_year),
        "qlike_label": float(done.loss_label.mean()),
        "qlike_probability": float(done.loss_probability.mean()),
        "agreement": mean,
        "worst_agreement": worst,
        "fresh": float(np.mean([refit.fresh for refit in list(refits)[1:]])),
        "ambiguous": float(np.mean([refit.ambiguous for refit in refits])),
    }
    return done


def compare(name: str, variants: Sequence[str] = tuple(VARIANTS)) -> dict[str, dict[str, float]]:
    """Figures of every variant on one market, with differences to the defaults and their t."""
    market = daily_set(name)
    base = walk(market, BASE)
    found: dict[str, dict[str, float]] = {}
    for variant in variants:
        setup = replace(BASE, **VARIANTS[variant])
        same = replace(setup, threshold=BASE.threshold) == BASE
        done = walk(market, setup, base.refits if same else None)
        if done is None:
            continue
        found[variant] = done.figures
        for kind in ("label", "probability"):
            loss, reference = (getattr(run, f"loss_{kind}") for run in (done, base))
            difference = loss - reference
            mean, t = newey_west_t(difference) if difference.any() else (0.0, 0.0)
            found[variant] |= {f"d_{kind}": mean, f"t_{kind}": t}
    return found | {"baselines": baselines(market, [refit.first_row for refit in base.refits])}


def baselines(market: MarketSet, first_rows: Sequence[int]) -> dict[str, float]:
    """QLIKE of the plain forecasts on the same rows, and of no condition at all."""
    high, low = market.prices[:, 1], market.prices[:, 2]
    rows = pl.DataFrame({"ts": market.day, "ret": market.returns, "high": high, "low": low})
    table = variance_forecasts(rows, first_rows)
    realised = table["realised"].to_numpy()[:-1]
    names = ("ewma", "har", "garch", "threshold")
    losses = {
        f"qlike_{name}": float(qlike(realised, table[name].to_numpy()[:-1]).mean())
        for name in names
    }
    flat = walk_variance(market.returns, first_rows, lambda _, end: np.ones(end))
    return losses | {"qlike_flat": float(qlike(realised, flat[first_rows[0] : -1]).mean())}


def timeframes(name: str) -> dict[str, dict[str, float]]:
    """Regimes of an hourly market seen on hourly bars and on days: switching, and what is lost.

    Every forecast is of the next hourly squared return over the usual one of its slot of the day.
    """
    market = load(name)
    starts_at = round(STARTS_AT * len(market))
    days, last = daily(market)
    usual = np.ones(market.slot.max() + 1)
    for slot in np.unique(market.slot):
        here = market.slot[:starts_at] == slot
        usual[slot] = (market.returns[:starts_at][here] ** 2).mean()
    returns = market.returns / np.sqrt(usual[market.slot])
    bars_a_day = len(market) / len(days)
    every = round(HALF_YEAR * bars_a_day)
    forecasts, switches = {}, {}
    for label, source in (("hourly", market), ("hourly by slot", by_slot(market, starts_at))):
        setup = replace(BASE, refit_every=every)
        refits = fit_walk(source.X, returns, setup, starts_at)
        forecasts[f"{label}, probability"] = regime_variance(refits, source.X, returns)
        for threshold in (0.5, 0.95):
            rows = filter_refits(refits, source.X, label_threshold=threshold)
            key = f"{label}, label {threshold}"
            states = rows["confirmed_state"].to_numpy()
            switches[key] = switches_per_year(states, market.per_year)
            forecasts[key] = label_variance(refits, source.X, returns, threshold)
    first_day = int(np.searchsorted(last, starts_at))
    refits = fit_walk(days.X, days.returns, replace(BASE, refit_every=HALF_YEAR), first_day)
    for threshold in (0.5, 0.95):
        rows = filter_refits(refits, days.X, label_threshold=threshold)
        key = f"daily, label {threshold}"
        switches[key] = switches_per_year(rows["confirmed_state"].to_numpy(), days.per_year)
        forecasts[key] = carried(refits, days, last, returns, threshold)
    first = int(last[first_day])
    starts = list(range(first, len(market), every))
    forecasts["flat"] = walk_variance(returns, starts, lambda _, end: np.ones(end))
    return _scored(forecasts, switches, returns, first)


def carried(
    refits: Refits, days: MarketSet, last: np.ndarray, returns: np.ndarray, threshold: float | None
) -> np.ndarray:
    """Forecast of each next hourly bar from the label of the last closed day."""
    live = np.full(len(days), 0)
    rows = filter_refits(refits, days.X, label_threshold=threshold)
    live[refits[0].first_row :] = rows["confirmed_state"].to_numpy()
    # The day in force at each hourly bar: the last one whose last bar is not later.
    day_of = np.searchsorted(last, np.arange(len(returns)), side="right") - 1
    by_start = {int(last[refit.first_row]): refit for refit in refits}

    def raw(start: int, end: int) -> np.ndarray:
        refit = by_start[start]
        p = refit.model.filter(days.X[: refit.first_row])
        labels = np.append(confirm_labels(p, threshold), live[refit.first_row :])
        hourly = labels[np.maximum(day_of[:end], 0)]
        levels = label_levels(hourly[: start - 1], returns[1:start] ** 2, p.shape[1])
        return levels[hourly]

    return walk_variance(returns, list(by_start), raw)


def _scored(
    forecasts: dict[str, np.ndarray], switches: dict[str, float], returns: np.ndarray, first: int
) -> dict[str, dict[str, float]]:
    """Mean QLIKE on the rows all forecasts share, with the share of the best gain over none."""
    realised = next_squared(returns).to_numpy()[first:-1]
    losses = {
        key: float(qlike(realised, forecast[first:-1]).mean())
        for key, forecast in forecasts.items()
    }
    best = losses["flat"] - losses["hourly by slot, probability"]
    return {
        key: {
            "qlike": loss,
            "gain_kept": (losses["flat"] - loss) / best,
            "switches": switches.get(key),
        }
        for key, loss in losses.items()
    }
