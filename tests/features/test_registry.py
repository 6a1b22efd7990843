"""The registry: complete entries, names that can be read back."""

import polars as pl
import pytest

from regime_factory.features import (
    ACROSS,
    FEATURE_SETS,
    FEATURES,
    FeatureWindows,
    build_features,
    describe_features,
    feature_columns,
)
from regime_factory.features.registry import across, feature

from .conftest import NYSE


@pytest.mark.parametrize("entry", FEATURES.values(), ids=list(FEATURES))
def test_entry_is_complete_and_its_name_reads_back(entry):
    windows = FeatureWindows()
    name = entry.name(windows)
    assert entry.formula.endswith(".")
    assert entry.unit
    assert entry.source
    assert set(entry.sets) <= set(FEATURE_SETS)
    assert entry.rows(windows) >= 1
    assert set(entry.uses) <= set(FeatureWindows.model_fields)
    written = entry.match(name)
    assert written is not None
    assert FeatureWindows(**written) == windows
    assert [e.template for e in FEATURES.values() if e.match(name) is not None] == [entry.template]
    assert entry.expression(windows).meta.output_name() == name


@pytest.mark.parametrize("entry", FEATURES.values(), ids=list(FEATURES))
def test_volume_flag_tells_the_truth(make_bars, entry):
    bars = make_bars(80).with_columns(volume=pl.lit(None, pl.Float64))
    name = f"{entry.name(FeatureWindows())}_1H"
    values = build_features(bars, columns=[name], session=NYSE)[name]
    assert (values.null_count() == 80) == entry.needs_volume


@pytest.mark.parametrize("entry", ACROSS.values(), ids=list(ACROSS))
def test_what_compares_is_complete_and_its_parts_are_there(entry):
    assert entry.formula.endswith(".")
    assert {entry.fine, entry.coarse} <= set(FEATURES)
    for part in (entry.fine, entry.coarse):
        assert set(FEATURES[part].uses) <= set(entry.uses)
        assert not FEATURES[part].needs_volume


def test_variants_belong_to_features_of_one_window():
    for entry in FEATURES.values():
        if entry.variants:
            assert len(entry.uses) == 1
            assert set(entry.variants) <= set(FeatureWindows.model_fields)


def test_every_window_is_used_by_a_feature():
    used = {name for entry in FEATURES.values() for name in (*entry.uses, *entry.variants)}
    assert used == set(FeatureWindows.model_fields)


def test_window_text():
    windows = FeatureWindows()
    assert FEATURES["close_logret_current"].window(windows) == "current"
    assert FEATURES["close_over_vwap"].window(windows) == "20"
    assert FEATURES["close_macd_{macd_fast}_{macd_slow}"].window(windows) == "12,26"


def test_a_name_can_be_taken_once():
    with pytest.raises(ValueError, match="'close_logret_current' is there already"):

        @feature("close_logret_current", sets=("v1",), unit="x", rows=lambda _: 1)
        def again(_w, _once):
            """Text."""

    with pytest.raises(ValueError, match="is there already"):

        @across("close_vol_ratio_{vol_window}", fine="a", coarse="b", unit="x")
        def anew(_fine, _coarse):
            """Text."""


def test_a_feature_needs_its_formula():
    with pytest.raises(ValueError, match="write its formula"):

        @feature("new_current", sets=("v1",), unit="x", rows=lambda _: 1)
        def silent(_w, _once):
            return pl.col("close")


def test_description_has_one_row_per_column():
    frame = describe_features("v2", ["1H", "1D"], rsi_window=9)
    assert frame["column"].to_list() == feature_columns("v2", ["1H", "1D"], rsi_window=9)
    assert frame.columns == [
        "column", "formula", "window", "unit", "source", "warmup_bars", "lookback_bars", "sets",
        "needs_volume",
    ]  # fmt: skip
    row = frame.row(by_predicate=pl.col("column") == "close_rsi_9_1D", named=True)
    assert (row["window"], row["sets"], row["needs_volume"]) == ("9", "v2", False)


def test_description_of_listed_columns():
    frame = describe_features(columns=["close_rsi_5_4H", "close_logret_current_1D"])
    assert frame["column"].to_list() == ["close_rsi_5_4H", "close_logret_current_1D"]
    assert frame["window"].to_list() == ["5", "current"]
