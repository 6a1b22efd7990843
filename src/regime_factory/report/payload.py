"""What the report is made from: the payload's schema and how artifacts become one."""

from __future__ import annotations

import datetime as dt
from typing import TYPE_CHECKING, Any, TypedDict

from regime_factory.report.series import (
    dwell_times,
    growth_lines,
    iso,
    regime_lanes,
    state_probabilities,
)

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence

    import polars as pl

POINTS_OF_ALL_SYMBOLS = 16_000  # keeps the file under 6 MB however many symbols it shows


class Costs(TypedDict, total=False):
    """What a trade costs and when it is filled."""

    fee_bps: float
    slippage_bps: float
    fill: str
    cash_rate: float


class Meta(TypedDict, total=False):
    """Where the run comes from; every key is optional."""

    run_at: str  # UTC, ISO
    code: str  # git revision
    changed: bool  # whether the code had changes that were not committed
    data: str  # fingerprint of the raw data
    version: str  # of regime_factory
    timeframe: str  # base timeframe, for example "1D"
    regime_timeframe: str  # timeframe of the bars that the regime model observes
    label_threshold: float  # filtered probability at which a label switches
    refit_every: int  # bars
    costs: Costs
    contracts: dict[str, dict[str, Any]]  # tick_size, multiplier, tick_value, roll, by symbol
    interval: str  # how the Sharpe intervals were made, one short sentence
    observations: list[str]  # columns the regime model looks at
    parameters: dict[str, Any]  # nested; shown flat in the folded table
    caveats: list[str]  # added to the report's own


class Check(TypedDict, total=False):
    """One rule of the data-quality gate."""

    check: str
    severity: str  # "ok", "warn" or "bad"
    result: str
    note: str
    rows: int
    first: str | None
    last: str | None


class Quality(TypedDict, total=False):
    """The quality report of one symbol."""

    rows: int
    kept: int
    quarantined: int
    first: str
    last: str
    reasons: dict[str, int]  # rows in quarantine by rule; a row may break several
    checks: list[Check]


class LeakageStage(TypedDict):
    """One stage of the causality audit."""

    stage: str
    result: str  # "clean", "leak" or "not covered"
    evidence: str
    control: bool  # planted on purpose: must be found


class Leakage(TypedDict):
    """Result of the whole-run causality audit."""

    clean: bool
    cuts: int
    stages: list[LeakageStage]
    first_stage: str | None
    cut: str | None  # ISO date of the cut that showed the leak
    size: float | None  # largest change before the cut


class Growth(TypedDict):
    """Lines of figure 1, thinned to common time stamps."""

    ts: list[str]
    net: list[float]
    gross: list[float]
    benchmark: list[float]
    drawdown: list[float]
    benchmark_drawdown: list[float]
    lower: list[float | None]
    upper: list[float | None]
    close: list[float | None]
    regime: list[str | None]


class Lane(TypedDict):
    """Every spell of one regime: [first stamp, length in milliseconds]."""

    state: int
    regime: str
    starts: list[str]
    lengths: list[int]


class Dwell(TypedDict):
    """How long the spells of one regime lasted, in bars."""

    state: int
    regime: str
    spells: int
    lower: float | None  # first quartile
    median: float | None
    upper: float | None  # third quartile
    longest: int
    expected: float | None  # 1 / (1 - stay) of the fitted model


class Probabilities(TypedDict):
    """Filtered probabilities of the last bars, one list per state."""

    ts: list[str]
    values: list[list[float]]
    observed: int  # bars on which the model saw something new; the others carry its last word
    over_90: float  # share of the observed bars whose leading state has more than 90 %


class StateRow(TypedDict, total=False):
    """One row of the regime table; returns are next-bar and annualised."""

    state: int
    regime: str
    share: float
    mean_annual: float
    mean_lower: float
    mean_upper: float
    vol_annual: float
    median_bars: float
    expected_bars: float
    spells: int
    now: float


class Honesty(TypedDict, total=False):
    """How far the labels of one symbol can be trusted."""

    revision_rate: float | None
    refit_agreement_mean: float | None
    refit_agreement_worst: float | None
    switches_per_year: float | None
    n_refits: int
    ambiguous_refits: list[dict[str, Any]]  # refit_id, first_ts


class GridRow(TypedDict, total=False):
    """One cell of the model grid, or of the profile over further state counts."""

    n_states: int
    covariance_type: str
    emission: str
    n_parameters: int
    loglik_train: float
    loglik_validation: float
    heldout_per_bar: float
    aic: float
    bic: float
    icl: float
    n_iter: int
    converged: bool
    hit_rate: float
    min_occupancy: float
    median_dwell: float
    stability: float | None  # agreement of labels across refits; not measured for the profile
    selected: bool


class SymbolPage(TypedDict):
    """Everything one symbol's page shows."""

    symbol: str
    training: dict[str, str | None]  # start and end of the selection zone
    holdout: dict[str, str | None]  # start and end of the sealed zone
    performance: dict[str, Any]  # as made by backtest.performance
    benchmark: str
    quality: Quality
    growth: Growth
    lanes: list[Lane]
    dwell: list[Dwell]
    probabilities: Probabilities
    states: list[StateRow]
    transmat: list[list[float]]
    selection: list[GridRow]
    profile: list[GridRow]
    strategy_selection: list[dict[str, Any]]
    honesty: Honesty
    choice: dict[str, Any]  # why the model was chosen, whether the data identify its states
    card: dict[str, Any]  # the symbol's honesty card; empty where none was made
    targets: dict[str, Any]  # label figures: classes, barriers, overlap; empty where none were made


class Payload(TypedDict):
    """The whole report as JSON-able data."""

    meta: Meta
    leakage: Leakage | None
    symbols: list[SymbolPage]


def build_payload(
    *,
    meta: Mapping[str, Any],
    zones: pl.DataFrame,
    quality: Mapping[str, Any],
    performance: Mapping[str, Mapping[str, Any]],
    regimes: pl.DataFrame,
    bars: pl.DataFrame,
    equity: pl.DataFrame,
    bands: pl.DataFrame,
    diagnostics: Mapping[str, Mapping[str, Any]],
    selection: pl.DataFrame,
    strategy_selection: pl.DataFrame,
    characteristics: Mapping[str, Sequence[Mapping[str, Any]]],
    honesty: Mapping[str, Mapping[str, Any]],
    profile: pl.DataFrame | None = None,
    choices: Mapping[str, Mapping[str, Any]] | None = None,
    cards: Mapping[str, Mapping[str, Any]] | None = None,
    targets: Mapping[str, Mapping[str, Any]] | None = None,
    leakage: Leakage | None = None,
    benchmark: str = "buy_and_hold",
    max_points: int = 2000,
    last_bars: int = 252,
) -> Payload:
    """Put the artifacts of a run together into what the report shows.

    Parameters
    ----------
    meta
        Run time, revision, data fingerprint, settings: the keys of `Meta`.
    zones
        Columns `zone, start, end`; the selection zone is named as the training span, the holdout
        as the sealed one.
    quality
        ``{"symbols": {symbol: Quality}}`` from the quality gate.
    performance
        One metrics dictionary per symbol; its keys are the symbols of the report, in order.
    regimes
        Columns `symbol, ts, state, regime, p_state_0 ..`, optionally `confirmed_state` and
        `confirmed_regime`, which the lanes and spells prefer.
    bars
        Canonical bars of the base timeframe.
    equity
        Columns `symbol, ts, strategy, ret, ret_gross, equity, drawdown`.
    bands
        Columns `symbol, ts, lower, upper`: 5 to 95 % of the growth of random timing.
    diagnostics
        Per symbol at least ``transmat`` (K x K) of the fitted regime model.
    selection, profile
        Columns of `HMMSelection.table` plus `symbol`; the profile may be missing or empty.
    strategy_selection
        Columns of the strategy choice plus `symbol`.
    characteristics
        Per symbol the rows of the regime table, calmest first.
    honesty
        Per symbol the revision rate and the agreement across refits.
    choices
        Per symbol why its model was chosen (``why``) and whether the data say how many states there
        are (``identified``).
    cards
        Per symbol the honesty card: what the regimes are worth beside simpler rules.
    targets
        Per symbol the figures of its labels, as `labels.label_summary` gives them.
    leakage
        Result of the whole-run audit, or None where it was not run.
    benchmark
        Strategy that everything is measured against.
    max_points
        Longest line of a symbol's figure, in points.
    last_bars
        Length of the probability figure, in bars.

    Returns
    -------
    Payload
        Plain lists, numbers and strings: can be stored as JSON.

    Raises
    ------
    ValueError
        When no symbol is given, or a symbol has no equity rows of its chosen strategy.
    """
    if not performance:
        raise ValueError("the report needs the performance of at least one symbol, found none")
    points = max(200, min(max_points, POINTS_OF_ALL_SYMBOLS // len(performance)))
    spans = {row["zone"]: row for row in zones.to_dicts()}
    training, holdout = (
        {side: iso(spans.get(zone, {}).get(side)) for side in ("start", "end")}
        for zone in ("selection", "holdout")
    )
    pages = []
    for symbol, figures in performance.items():
        labels = _of_symbol(regimes, symbol).sort("ts")
        lines = growth_lines(
            equity=_of_symbol(equity, symbol),
            bands=_of_symbol(bands, symbol),
            bars=_of_symbol(bars, symbol),
            regimes=labels,
            symbol=symbol,
            chosen=figures["chosen"],
            benchmark=benchmark,
            max_points=points,
        )
        states = [dict(row) for row in characteristics.get(symbol, [])]
        page = SymbolPage(
            symbol=symbol,
            training=dict(training),
            holdout=dict(holdout),
            performance=dict(figures),
            benchmark=benchmark,
            quality=quality.get("symbols", {}).get(symbol, Quality(checks=[])),
            growth=Growth(**lines),
            lanes=[Lane(**lane) for lane in regime_lanes(labels, states)],
            dwell=[Dwell(**row) for row in dwell_times(labels, states)],
            probabilities=Probabilities(**state_probabilities(labels, last_bars)),
            states=[StateRow(**row) for row in states],
            transmat=_nested(diagnostics.get(symbol, {}).get("transmat", [])),
            selection=[GridRow(**row) for row in _rows(selection, symbol)],
            profile=[GridRow(**row) for row in _rows(profile, symbol)],
            strategy_selection=_rows(strategy_selection, symbol),
            honesty=Honesty(**honesty.get(symbol, {})),
            choice=dict((choices or {}).get(symbol, {})),
            card=dict((cards or {}).get(symbol, {})),
            targets=dict((targets or {}).get(symbol, {})),
        )
        pages.append(page)
    return Payload(meta=Meta(**meta), leakage=leakage, symbols=pages)


def _of_symbol(table: pl.DataFrame, symbol: str) -> pl.DataFrame:
    return table.filter(table["symbol"] == symbol)


def _rows(table: pl.DataFrame | None, symbol: str) -> list[dict[str, Any]]:
    if table is None or table.is_empty():
        return []
    rows = _of_symbol(table, symbol).drop("symbol").to_dicts()
    return [
        {key: iso(value) if isinstance(value, dt.date) else value for key, value in row.items()}
        for row in rows
    ]


def _nested(matrix: Sequence[Sequence[float]]) -> list[list[float]]:
    return [[float(value) for value in row] for row in matrix]
