"""Random damage to files and tables: a message or sound bars, no row lost, no undefined feature."""

import json
import math
import random
from datetime import UTC, datetime, timedelta
from functools import cache

import polars as pl
import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from regime_factory.bars import check_bars
from regime_factory.bars.quality.prepared import prepare
from regime_factory.bars.schema import Bars, Quarantine
from regime_factory.bars.sources.source_paths import read_source
from regime_factory.features import FEATURES, FeatureWindows, build_features, warmup_bars
from regime_factory.simulate import simulate_market

from .damaged import csv_file, hourly, lines, parquet_file, table
from .test_damaged import run_ingest

PRICES = ("open", "high", "low", "close")
TOKENS = (
    "", " ", "-", "NaN", "inf", "-inf", "null", "0", "-1", "1e400", "1,5", "$7", '"', "#", ";", ",",
    "\t", "\r", "\x00", "\ufeff", "2024-13-45", "1970-01-01 00:00", "2999-01-01 00:00", "é", "1e9",
)  # fmt: skip
MESSAGES = (
    "no usable row", "never moves", "go back in time", "apart", "cannot be read as", "is empty",
    "is not in the file", "no column for", "columns named", "has a header but no rows",
    "holds no data", "may each be",
)  # fmt: skip
FUZZ = settings(
    max_examples=50,
    deadline=None,
    suppress_health_check=[HealthCheck.too_slow, HealthCheck.function_scoped_fixture],
)


@cache
def text_lines() -> tuple[str, ...]:
    return tuple(lines(hourly(150)))


@cache
def simulated() -> pl.DataFrame:
    """Hourly bars of a simulated market, the last of them in the past."""
    bars = simulate_market(160, seed=4).bars
    start = datetime(2024, 1, 2, tzinfo=UTC)
    hours = pl.int_range(1, pl.len() + 1)
    return prepare(
        bars.with_columns(
            ts=(start + pl.duration(hours=hours)).dt.cast_time_unit("us"), timeframe=pl.lit("1H")
        )
    )


@st.composite
def damaged_text(draw):
    """A file of bars after a few accidents: lines lost, doubled, moved or cut, cells changed."""
    rows = list(text_lines())
    for _ in range(draw(st.integers(1, 6))):
        place = draw(st.integers(0, len(rows) - 1))
        kind = draw(st.sampled_from(["cell", "cell", "insert", "drop", "double", "move", "cut"]))
        if kind == "cell":
            cells = rows[place].split(",")
            cells[draw(st.integers(0, len(cells) - 1))] = draw(st.sampled_from(TOKENS))
            rows[place] = ",".join(cells)
        elif kind == "insert":
            at = draw(st.integers(0, len(rows[place])))
            rows[place] = rows[place][:at] + draw(st.sampled_from(TOKENS)) + rows[place][at:]
        elif kind == "drop" and len(rows) > 2:
            del rows[place : place + draw(st.integers(1, 40))]
        elif kind == "double":
            rows[place:place] = rows[place : place + draw(st.integers(1, 5))]
        elif kind == "move":
            rows.insert(draw(st.integers(0, len(rows) - 1)), rows.pop(place))
        elif kind == "cut":
            rows[place] = rows[place][: draw(st.integers(0, len(rows[place])))]
        rows = rows or [""]
    return "\n".join(rows).encode()


@st.composite
def damaged_table(draw):
    """Canonical bars with impossible, extreme, missing and repeated cells."""
    bars = simulated()
    numbers = st.sampled_from(
        [None, float("nan"), float("inf"), -float("inf"), 0.0, -3.0, 1e-6, 1e6, 100.0]
    )
    for _ in range(draw(st.integers(1, 12))):
        place, span = draw(st.integers(0, len(bars) - 1)), draw(st.sampled_from([1, 1, 1, 25]))
        at = pl.int_range(pl.len()).is_between(place, place + span - 1)
        kind = draw(st.sampled_from(["number", "number", "bar", "volume", "ts", "drop"]))
        value = draw(numbers)
        if kind == "drop":
            bars = bars.filter(~at)
            continue
        if kind == "ts":
            other = draw(st.sampled_from([None, bars["ts"][0], datetime(2999, 1, 1, tzinfo=UTC)]))
            cells = {"ts": pl.lit(other, dtype=bars.schema["ts"])}
        else:
            names = {"number": [draw(st.sampled_from(PRICES))], "bar": PRICES, "volume": ["volume"]}
            cells = {name: pl.lit(value, dtype=pl.Float64) for name in names[kind]}
        bars = bars.with_columns(
            pl.when(at).then(cell).otherwise(pl.col(name)).alias(name)
            for name, cell in cells.items()
        )
        if bars.is_empty():
            return simulated()
    return bars


@cache
def columns() -> tuple[tuple[str, int, int, bool], ...]:
    """Each v2 column: name, bars it looks back, first row with a value, whether of volume."""
    built = build_features(check_bars(simulated()).bars, "v2", ["1H"])
    windows = FeatureWindows()
    volume = {
        f"{feature.name(settings)}_1H"
        for feature in FEATURES.values()
        if feature.needs_volume
        for settings in feature.settings(windows)
    }
    known = [name for name in built.columns[2:] if built[name].null_count() < len(built)]
    return tuple(
        (
            name,
            warmup_bars(columns=[name]),
            built[name].is_not_null().arg_max() or 0,
            name in volume,
        )
        for name in known
    )


def assert_features_are_sound(kept):
    """Finite everywhere; null only in warm-up, without volume, or where nothing moved."""
    built = build_features(kept, "v2", ["1H"])
    assert len(built) == len(kept)
    assert not any(built[name].is_nan().any() or built[name].is_infinite().any()
                   for name in built.columns[2:])  # fmt: skip
    flat = ((kept["high"] == kept["low"]) | (kept["close"].diff() == 0)).fill_null(value=False)
    steady = kept["volume"].is_null() | (kept["volume"].diff() == 0).fill_null(value=False)
    for name, back, first, of_volume in columns():
        excuse = flat | steady if of_volume else flat
        near = excuse.cast(pl.Int32).rolling_sum(back, min_samples=1) > 0
        wrong = built[name].is_null()[first:] & ~near[first:]
        assert not wrong.any(), (name, built["ts"][first:].filter(wrong)[0])


def outcome(work, *given, **settings):
    """What the work gives; None where it refuses with a message of the project's own."""
    refusal = None
    try:
        return work(*given, **settings)
    except ValueError as error:
        refusal = error
    assert type(refusal).__module__.partition(".")[0] in {"builtins", "regime_factory"}
    assert any(word in str(refusal) for word in MESSAGES), refusal
    return None


@pytest.mark.slow
@FUZZ
@given(content=damaged_text(), sort=st.booleans())
def test_a_damaged_file_is_refused_with_a_message_or_read_without_loss(tmp_path, content, sort):
    path = tmp_path / "bars.csv"
    path.write_bytes(content)
    made = outcome(run_ingest, path, {"ingest": {"sort": sort}})
    if made is None:
        return
    kept, rejected, report = made
    assert kept.height + rejected.height == read_source(path).height
    assert rejected["reason"].str.len_chars().min() != 0
    Bars.validate(kept)
    Quarantine.validate(rejected)
    json.dumps(report, allow_nan=False)
    assert_features_are_sound(kept)


@pytest.mark.slow
@FUZZ
@given(bars=damaged_table())
def test_a_damaged_table_gives_sound_bars_and_features(bars):
    checked = outcome(check_bars, bars, sort=True)
    if checked is None:
        return
    assert checked.bars.height + checked.quarantine.height == bars.height
    Bars.validate(checked.bars)
    json.dumps(checked.report, allow_nan=False)
    assert_features_are_sound(checked.bars)


@pytest.mark.parametrize("name", ["bars.csv", "bars.csv.gz", "bars.parquet"])
def test_files_with_wrong_bytes_are_refused_or_read_without_loss(tmp_path, name):
    rows = hourly(150)
    sound = parquet_file(table(rows)) if name.endswith("parquet") else csv_file(rows, name=name)
    path, draw = tmp_path / name, random.Random(7)
    for _ in range(25):
        content = bytearray(sound.content)
        for _ in range(draw.randint(1, 4)):
            place = draw.randrange(len(content))
            wrong = bytes(draw.randrange(256) for _ in range(draw.randint(0, 3)))
            content[place : place + draw.choice([0, 1, 30])] = wrong
        path.write_bytes(content)
        made = outcome(run_ingest, path, {})
        if made is not None:
            assert made[0].height + made[1].height == read_source(path).height


@FUZZ
@given(tail=damaged_table(), cut=st.integers(1, 150), late=st.booleans())
def test_later_rows_change_no_earlier_decision(tail, cut, late):
    """Rows up to the cut are judged alike whatever follows; what is appended is later in time."""
    head = simulated().head(cut)
    broken = head.with_columns(
        close=pl.when(pl.int_range(pl.len()) % 7 == 3).then(math.nan).otherwise("close")
    )
    after = head["ts"][-1] + timedelta(hours=int(late))
    later = tail.filter(pl.col("ts").is_null() | (pl.col("ts") >= after))
    alone = check_bars(broken, sort=True)
    both = check_bars(
        pl.concat([broken, later]).with_columns(row=pl.int_range(1, pl.len() + 1, dtype=pl.UInt32)),
        sort=True,
    )
    assert both.bars.head(alone.bars.height).equals(alone.bars)
    decided = both.quarantine.filter(pl.col("row") <= cut)
    assert decided.drop("row").equals(alone.quarantine.drop("row"), null_equal=True)
