"""CPU and peak memory of many symbols: raw files to bars and features on disk, symbol by symbol."""

import json
import os
import resource
import subprocess
import sys
import tempfile
import time
from pathlib import Path

import pandas as pd
import polars as pl

from benchmarks.bench_features import TIMEFRAMES, make_bars, pandas_v1
from regime_factory.bars import SourceSpec, find_source, per_symbol, resample, standardise_files
from regime_factory.bars.sessions.resampling import BAR_COLUMNS
from regime_factory.bars.symbol_table import SymbolTable, SymbolTableBuilder
from regime_factory.features import FEATURES, FeatureWindows, build_features
from regime_factory.features.registry import Feature
from regime_factory.features.steps import inline

ROWS = int(os.environ.get("BENCH_SCALE_ROWS", "10_000_000"))
SYMBOLS = 20
PANDAS_ROWS = 250_000
_EVERY = {"4H": "4h", "12H": "12h", "1D": "1d"}
_GIGA, _KIBI = 1e9, 1024
_BARS = {"open": "first", "high": "max", "low": "min", "close": "last", "volume": "sum"}


def write_source(folder: Path, rows: int, symbols: int) -> None:
    """Write hourly bars as hive-partitioned Parquet, one folder a symbol."""
    for number in range(symbols):
        place = folder / f"symbol=S{number:02}"
        place.mkdir(parents=True)
        bars = make_bars(rows, seed=number).drop("symbol", "timeframe", "n_base")
        bars.write_parquet(place / "bars.parquet")


def base_bars(folder: Path) -> SymbolTable:
    """The canonical bars of the source, as `standardise_files` leaves them on disk."""
    return SymbolTable(sorted(folder.glob("*.parquet")))


def case_ingest(source: Path) -> None:
    """Raw files to canonical rows and all timeframes, on disk."""
    spec = SourceSpec(timeframe="1H", stamp="close", timezone="UTC")
    made = SymbolTableBuilder()
    for _, rows in per_symbol(standardise_files(find_source(source), spec)):
        bars = rows.select(BAR_COLUMNS)
        made.append(pl.concat([bars, *(resample(bars, name) for name in TIMEFRAMES[1:])]))
    made.table()


def entries_of(count: int) -> list[Feature]:
    """The first features of the registry, v1 before the others."""
    return sorted(FEATURES.values(), key=lambda entry: "v1" not in entry.sets)[:count]


def case_ours(bars: Path, count: int) -> None:
    """Features of every symbol to Parquet, one symbol in memory at a time; 0 is all of v2."""
    names = [entry.name(FeatureWindows()) for entry in entries_of(count)]
    columns = [f"{name}_{timeframe}" for timeframe in TIMEFRAMES for name in names] or None
    made = SymbolTableBuilder()
    for _, rows in per_symbol(base_bars(bars)):
        made.append(build_features(rows, "v2", TIMEFRAMES, columns))
    made.table()


def case_polars(bars: Path, count: int) -> None:
    """The same columns of all symbols at once in memory, in raw Polars, to one Parquet file."""
    parts = base_bars(bars).collect().partition_by("symbol", maintain_order=True)
    table = pl.concat(raw_timeframes(part, count) for part in parts)
    with tempfile.TemporaryDirectory() as out:
        table.write_parquet(Path(out) / "features.parquet")


def raw_timeframes(rows: pl.DataFrame, count: int) -> pl.DataFrame:
    """One symbol: dynamic groups, raw expressions, backward as-of joins."""
    table = rows.select("symbol", "ts", *raw_features(count, "1H"))
    for timeframe, every in _EVERY.items():
        groups = rows.group_by_dynamic("ts", every=every, closed="right", label="right")
        coarse = groups.agg(getattr(pl.col(name), how)() for name, how in _BARS.items())
        made = coarse.select("ts", *raw_features(count, timeframe))
        table = table.join_asof(made, on="ts", strategy="backward")
    return table


def raw_features(count: int, timeframe: str) -> list[pl.Expr]:
    """Expressions of the registry, without shared steps and guards."""
    windows = FeatureWindows()
    return [
        entry.build(windows, inline).alias(f"{entry.name(windows)}_{timeframe}")
        for entry in entries_of(count)
    ]


def case_pandas(bars: Path, rows: int) -> None:
    """The v1 features on every timeframe of one symbol's first rows, in plain pandas."""
    own = base_bars(bars)
    frame = own.rows(own.symbols[0]).head(rows).to_pandas().set_index("ts")
    table = pandas_v1(frame).add_suffix("_1H")
    for timeframe, every in _EVERY.items():
        groups = frame.resample(every.replace("d", "D"), closed="right", label="right")
        coarse = groups.agg(_BARS)
        made = pandas_v1(coarse).add_suffix(f"_{timeframe}")
        table = pd.merge_asof(table, made, left_index=True, right_index=True)
    with tempfile.TemporaryDirectory() as out:
        table.to_parquet(Path(out) / "features.parquet")


def measured(case: str, folder: Path, *arguments: int) -> dict[str, float]:
    """CPU seconds and peak gigabytes of a case in a process of its own."""
    words = [
        sys.executable,
        "-m",
        "benchmarks.bench_scale",
        case,
        str(folder),
        *map(str, arguments),
    ]
    done = subprocess.run(words, check=True, capture_output=True, text=True)
    return json.loads(done.stdout)


def run(rows: int = ROWS) -> list[dict]:
    """Measure every case on generated bars of 20 symbols.

    Parameters
    ----------
    rows : int
        Base bars of all symbols; the environment variable BENCH_SCALE_ROWS sets it too.

    Returns
    -------
    list of dict
        `name`, `value`, `unit`, `ratio` (the peer's value over ours) and `peer`.
    """
    own = rows // SYMBOLS
    with tempfile.TemporaryDirectory() as room:
        source, all_bars, half = (Path(room) / name for name in ("source", "bars", "half"))
        write_source(source, own, SYMBOLS)
        write_bars(source, all_bars, SYMBOLS)
        write_bars(source, half, SYMBOLS // 2)
        ingest = measured("ingest", source)
        ours = {count: measured("ours", all_bars, count) for count in (4, 17, 0)}
        peers = {count: measured("polars", all_bars, count) for count in (4, 17)}
        pandas = measured("pandas", all_bars, min(own, PANDAS_ROWS))["cpu"]
        on_half = measured("ours", half, 4)
    pandas *= rows / min(own, PANDAS_ROWS)
    size = f"{rows / 1e6:g}M bars x {SYMBOLS}"
    return [
        *_lines(f"files to bars, {size}", ingest),
        *_lines(f"v1, 4 timeframes, {size}", ours[4], peers[4]),
        _line(f"v1, 4 timeframes, {size}", ours[4]["cpu"], "CPU s", pandas, "pandas, scaled"),
        *_lines(f"17 features, 4 timeframes, {size}", ours[17], peers[17]),
        *_lines(f"v2, 4 timeframes, {size}", ours[0]),
        _line(
            f"v1, {SYMBOLS} symbols in memory of {SYMBOLS // 2}",
            ours[4]["peak"],
            "GB peak",
            on_half["peak"],
            f"{SYMBOLS // 2} symbols",
        ),
    ]


def write_bars(source: Path, folder: Path, symbols: int) -> None:
    """Write the canonical bars of the first symbols, one file a symbol."""
    folder.mkdir()
    for file in find_source(source).files[:symbols]:
        keys = {"symbol": file.keys["symbol"], "timeframe": "1H"}
        bars = pl.read_parquet(file.path).with_columns(
            *(pl.lit(value).alias(name) for name, value in keys.items()),
            n_base=pl.lit(1, pl.UInt32),
        )
        bars.select(BAR_COLUMNS).write_parquet(folder / f"{keys['symbol']}.parquet")


def _lines(name: str, ours: dict[str, float], peer: dict[str, float] | None = None) -> list[dict]:
    """CPU and peak memory of a case, against raw Polars in memory where it was measured."""
    title = "polars in memory" if peer else ""
    peer = peer or {}
    return [
        _line(name, ours["cpu"], "CPU s", peer.get("cpu"), title),
        _line(name, ours["peak"], "GB peak", peer.get("peak"), title),
    ]


def _line(name: str, value: float, unit: str, other: float | None, peer: str) -> dict:
    return {
        "name": name,
        "value": round(value, 3),
        "unit": unit,
        "ratio": other / value if other else None,
        "peer": f"{peer} {other:.3g}" if other else None,
    }


if __name__ == "__main__":
    name, folder, *arguments = sys.argv[1:]
    work = {"ingest": case_ingest, "ours": case_ours, "polars": case_polars, "pandas": case_pandas}
    started = time.process_time()
    work[name](Path(folder), *map(int, arguments))
    peak = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss * _KIBI / _GIGA
    print(json.dumps({"cpu": time.process_time() - started, "peak": peak}))
