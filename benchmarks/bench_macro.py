"""An illustration, not a proof: macro regimes of SPY beside the three recessions since 2001."""

from pathlib import Path
from typing import Any

import numpy as np
import polars as pl
from kedro.framework.project import pipelines
from kedro.framework.session import KedroSession
from kedro.framework.startup import bootstrap_project

from regime_factory.bars import read_source
from regime_factory.datasets import MacroFiles
from regime_factory.pipelines.graph import run_graph
from regime_factory.regimes import GaussianHMM, MacroRegimeDetector
from regime_factory.regimes.macro.risk import risk_score
from regime_factory.regimes.observations import observed_columns

PROJECT = Path(__file__).resolve().parents[1]
DATA = PROJECT.parent / "shared" / "data"
EPISODES = {"2001": (2001, 2002), "2008-09": (2008, 2009), "2020": (2020, 2020)}
FILES = {"SPY": "equity/SPY_1d_1998_2021.parquet", "SPX": "equity/SPX_1d_1990_2022.parquet"}
OFF = "RISK_OFF"
HALF_YEAR, FIRST = 126, 800


def settings_of() -> tuple[dict[str, Any], dict[str, Any]]:
    """Settings of the macro environment for the shared files, and the files."""
    bootstrap_project(PROJECT)
    with KedroSession.create(PROJECT, env="macro") as session:
        loader = session.load_context().config_loader
        settings, files = loader["parameters"], loader["globals"]["macro_files"]
    settings["ingest"] |= {"columns": {"ts": "date"}, "date_format": None}
    settings["macro"]["sources"]["vix"] |= {"values": {"vix": "close"}}
    macro = {
        **files,
        "vix": str(DATA / "macro/VIX_1d_1990_2022.parquet"),
        "treasury": str(DATA / "macro/DGS2_DGS10_1d_1980_2022.parquet"),
    }
    return settings, macro


def run_on(symbol: str, zones: dict[str, Any], *outputs: str) -> dict[str, Any]:
    """Run the pipeline on a symbol, at its defaults."""
    settings, macro = settings_of()
    data = {
        "raw_bars": read_source(DATA / FILES[symbol]),
        "raw_macro": MacroFiles(files=macro).load(),
    }
    graph = pipelines["macro_regimes"]
    return run_graph(graph.to_outputs(*outputs) if outputs else graph, data, settings | zones)


def months(made: dict[str, Any]) -> pl.DataFrame:
    """One row a month: recession or not, and whether most of its days were RISK_OFF.

    `vix_high` is the yardstick: VIX above the third quartile of all its days until then.
    """
    regimes = made["macro_regimes.regimes"].join(
        made["features_macro"].select("ts", "macro_vix_level"), on="ts"
    )
    levels = made["features_macro"].filter(pl.col("ts") <= regimes["ts"].max())
    quartile = pl.col("macro_vix_level").cumulative_eval(pl.element().quantile(0.75))
    flagged = levels.select("ts", vix_high=pl.col("macro_vix_level") > quartile)
    monthly = (
        regimes.join(flagged, on="ts")
        .group_by_dynamic("ts", every="1mo")
        .agg(off=(pl.col("regime") == OFF).mean() > 0.5, vix_high=pl.col("vix_high").mean() > 0.5)
        .with_columns(date=pl.col("ts").dt.date())
    )
    indicator = read_source(DATA / "macro/USREC_monthly_1854_2024.parquet").select(
        pl.col("date").cast(pl.Date), recession=pl.col("USREC") == 1
    )
    return monthly.join(indicator, on="date")


def beside_recessions() -> list[dict[str, object]]:
    """A first fit on 1998 to 2000, then walked forward to February 2021."""
    ends = {"selection_end": "2000-12-31", "evaluation_end": "2021-02-28", "min_bars": 20}
    made = run_on("SPY", {"zones": ends})
    table = months(made)
    inside = table.filter("recession")
    parts = {"recession months": inside, "other months": table.filter(~pl.col("recession"))}
    for name, years in EPISODES.items():
        own = inside.filter(pl.col("ts").dt.year().is_between(*years))
        parts[f"recession months of {name}"] = own
    rows: list[dict[str, object]] = []
    for name, own in parts.items():
        unit = f"of {own.height} months"
        rows += [
            {"name": f"{name} in RISK_OFF", "value": own["off"].mean(), "unit": unit},
            {"name": f"{name} with high VIX", "value": own["vix_high"].mean(), "unit": unit},
        ]
    told = made["macro_regimes.diagnostics"]["SPY"]
    best = made["macro_regimes.regimes"].select(pl.max_horizontal(pl.col("^p_state_.*$")))
    sure = (best.to_series() > 0.99).mean()
    figures = {
        "same name after a refit, mean": (told["same_name_mean"], f"{told['n_refits']} refits"),
        "same name after a refit, worst": (told["same_name_worst"], f"{told['n_refits']} refits"),
        "confirmed switches": (told["switches_per_year"], "a year"),
        "days with a probability above .99": (sure, "share"),
    }
    return rows + [{"name": n, "value": v, "unit": unit} for n, (v, unit) in figures.items()]


def starts(symbol: str) -> list[dict[str, object]]:
    """Names kept from one refit to the next before 2007, by the kind of start."""
    zones = {"zones": settings_of()[0]["zones"]}
    made = run_on(symbol, zones, "macro_regimes.observations_selection")
    rows = made["macro_regimes.observations_selection"].drop_nulls()
    columns = observed_columns(rows)
    X = rows.select(columns).to_numpy()
    kept: dict[str, list[float]] = {"groups of risk": [], "random starts": []}
    before: dict[str, Any] = {}
    for number, end in enumerate(range(FIRST, len(X), HALF_YEAR)):
        detector = MacroRegimeDetector(columns=columns).fit(X[:end])
        drawn = GaussianHMM(
            3, "diag", n_init=8, sticky=0.5, shrinkage=100.0, random_state=number
        ).fit(X[:end])
        scores = risk_score(drawn.means_, detector.centre_, detector.scale_, detector.weights_)
        drawn.reorder(np.argsort(scores))
        for name, model in (("groups of risk", detector), ("random starts", drawn)):
            if name in before:
                past = X[: end - HALF_YEAR]
                pair = [one.filter(past).argmax(axis=1) for one in (before[name], model)]
                kept[name].append(float((pair[0] == pair[1]).mean()))
            before[name] = model
    return [
        {"name": f"{symbol}: names kept, {name}", "value": np.mean(values), "unit": "share of days"}
        for name, values in kept.items()
    ]


def run() -> list[dict[str, object]]:
    """Share of months in RISK_OFF inside recessions and outside; nothing without the files.

    Returns
    -------
    list of dict
        ``name, value, unit``. Three episodes carry no interval.
    """
    if not DATA.is_dir():
        print("bench_macro: the shared market data are not on this machine")
        return []
    return [*beside_recessions(), *starts("SPY"), *starts("SPX")]


if __name__ == "__main__":
    for row in run():
        print(f"{row['name']:50}{row['value']:8.2f}  {row['unit']}")
