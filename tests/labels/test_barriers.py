"""Triple-barrier labels against exact arithmetic and against cases worked by hand."""

import math

import polars as pl
import pytest
from hypothesis import assume, given, settings
from hypothesis import strategies as st

from regime_factory.backtest import FILLS, Execution
from regime_factory.labels import BARRIERS, FILL_TIMINGS, LabelCosts, triple_barrier

from .markets import COSTS, markets, random_bars, table
from .slow_reference import average_true_range, label_rows

TICKS = LabelCosts.ticks(1, 2.5, tick_size=0.25, multiplier=50)  # 0.3 points per side
# Decision at the second bar: ATR 2 with a window of 1, entry at 100, barriers at 102 and 98.
HEAD = [(100, 101, 99, 100), (100, 101, 99, 100), (100, 100, 100, 100)]
QUIET = (100, 101, 99, 100)


def rows_of(bars, **given_):
    """Labels as the reference writes them."""
    number = bars.with_row_index("bar").select("symbol", "ts", "bar")
    ends = number.select("symbol", pl.col("ts").alias("t1_label"), pl.col("bar").alias("end"))
    found = triple_barrier(bars, **given_).join(number, on=["symbol", "ts"], how="left")
    found = found.join(ends, on=["symbol", "t1_label"], how="left").sort("bar")
    return found.select("bar", "label", "end", "ret_net", "barrier").rows()


def first_label(*outcome, **given_):
    """Label of the decision at the second bar: label, bars to the end, net return, barrier."""
    bars = table([*HEAD, *outcome])
    given_ = {"horizon": len(outcome), "upper": 1, "lower": 1, "atr_window": 1, **given_}
    _, label, end, net, barrier = next(row for row in rows_of(bars, **given_) if row[0] == 1)
    return label, end - 2, pytest.approx(net, abs=1e-12), barrier


def assert_same(found, expected):
    assert [(a[:3], a[4]) for a in found] == [(a[:3], a[4]) for a in expected]
    assert [a[3] for a in found] == pytest.approx([a[3] for a in expected], abs=1e-12)


@settings(max_examples=300, deadline=None)
@given(st.data())
def test_labels_equal_exact_arithmetic_on_random_markets(data):
    fill = data.draw(st.sampled_from(list(FILL_TIMINGS)))
    bars = data.draw(markets(stale_opens=fill != "next_open"))
    costs = data.draw(COSTS)
    given_ = {
        "horizon": data.draw(st.integers(1, 12)),
        "upper": data.draw(st.sampled_from([0.5, 1.0, 2.0, 1e9])),
        "lower": data.draw(st.sampled_from([0.3, 1.0, 2.0, 1e9])),
        "atr_window": data.draw(st.integers(1, 5)),
        "fill": fill,
        "shift_barriers": data.draw(st.sampled_from([None, True, False])),
    }
    if fill == "next_open":
        assume(not (bars["open"] == bars["close"].shift(1)).any())
    gone = data.draw(st.booleans())
    expected = label_rows(bars.to_dicts(), costs=costs, delisted=gone, **given_)
    delisted = {"X"} if gone else None
    found = rows_of(bars, costs=LabelCosts(**costs), delisted=delisted, **given_)
    assert_same(found, expected)
    for _, label, _, net, _ in found:
        assert (label != 0) == (net > 0)


@pytest.mark.parametrize("fill", list(FILL_TIMINGS))
def test_labels_of_a_long_walk_equal_exact_arithmetic(fill):
    bars = random_bars(700, seed=3)
    costs = {"fee_bps": 2.0, "slippage_bps": 3.0}
    expected = label_rows(bars.to_dicts(), horizon=24, fill=fill, costs=costs)
    found = rows_of(bars, fill=fill, costs=LabelCosts(**costs))
    assert_same(found, expected)
    assert {row[4] for row in found} >= {"upper", "lower", "time"}


@pytest.mark.parametrize(
    ("outcome", "given_", "expected"),
    [
        ([(100, 103, 99, 101)], {}, (1, 1, 0.02, "upper")),
        ([(100, 101, 97, 99)], {}, (-1, 1, 0.02, "lower")),
        ([QUIET, (100, 102, 99, 100)], {}, (1, 2, 0.02, "upper")),  # reached to the tick
        ([QUIET, (105, 106, 104, 105)], {}, (1, 2, 0.05, "upper")),  # gap: filled at the open
        ([QUIET, (95, 96, 94, 95)], {}, (-1, 2, 0.05, "lower")),
        ([(105, 106, 97, 98)], {}, (1, 1, 0.05, "upper")),  # gap, and the range holds both
        ([(95, 106, 94, 105)], {}, (-1, 1, 0.05, "lower")),
        ([(100, 103, 97, 102)], {}, (0, 1, -0.02, "both")),  # tie: each side is stopped first
        ([(100, 103, 95, 102)], {"lower": 2}, (0, 1, -0.02, "both")),  # the better of -4 % and -2 %
        ([QUIET, (100, 101, 99, 101)], {}, (1, 2, 0.01, "time")),
        ([QUIET, (100, 101, 99, 99)], {}, (-1, 2, 0.01, "time")),
        ([QUIET, QUIET], {}, (0, 2, 0.0, "time")),  # never hit, nothing gained
        ([QUIET, (100, 120, 99, 101)], {"upper": math.inf}, (1, 2, 0.01, "time")),
        ([QUIET, (100, 101, 80, 99)], {"lower": math.inf}, (-1, 2, 0.01, "time")),
        # costs above the barrier: neither side gains, the long trade's loss is the smaller
        (
            [(100, 103, 99, 101)],
            {"costs": LabelCosts(fee_bps=200)},
            (0, 1, 102 * 0.98 / (100 * 1.02) - 1, "upper"),
        ),
        ([QUIET, QUIET], {"costs": LabelCosts(slippage_bps=50)}, (0, 2, 0.995 / 1.005 - 1, "time")),
        # basis points moved into the barriers
        (
            [(100, 102.5, 99, 101), (100, 103.1, 99, 101)],
            {"costs": LabelCosts(fee_bps=50), "shift_barriers": True},
            (1, 2, 0.02, "upper"),
        ),
        (
            [(100, 101, 97.5, 99), (100, 101, 96.9, 99)],
            {"costs": LabelCosts(fee_bps=50), "shift_barriers": True},
            (-1, 2, 0.02, "lower"),
        ),
        # ticks move the barriers by 0.6 points, so that the multiple is what is left
        ([(100, 102.5, 99, 101), (100, 102.6, 99, 101)], {"costs": TICKS}, (1, 2, 0.02, "upper")),
        ([(100, 101, 97.5, 99), (100, 101, 97.4, 99)], {"costs": TICKS}, (-1, 2, 0.02, "lower")),
        ([(100, 102.6, 97.4, 101)], {"costs": TICKS}, (0, 1, -0.032, "both")),
        (
            [(100, 102, 99, 101)],
            {"costs": TICKS, "shift_barriers": False},
            (1, 1, 0.014, "upper"),
        ),
    ],
)
def test_case_worked_by_hand(outcome, given_, expected):
    assert first_label(*outcome, **given_) == expected


@pytest.mark.parametrize("last", [10.8, 9.6])
def test_a_trade_that_just_earns_its_costs_gains_nothing(last):
    """10.8 - 10.2 - 0.6 is above zero in floating point."""
    wide = (10.2, 12.0, 9.0, 10.2)
    bars = table([wide, wide, (10.2,) * 4, (10.2, 10.8, 9.6, last)])
    found = rows_of(bars, horizon=1, atr_window=1, costs=TICKS)
    assert found == [(1, 0, 3, 0.0, "time")]


@pytest.mark.parametrize(
    ("close", "bar", "barrier"),
    [
        (10.06, (10.06, 10.19, 10.06, 10.06), "upper"),  # 10.06 + 0.13 is above 10.19 in floats
        (10.06, (10.06, 10.18, 10.06, 10.06), "time"),
        (10.09, (10.09, 10.09, 9.96, 10.09), "lower"),
        (10.09, (10.09, 10.09, 9.97, 10.09), "time"),
    ],
)
def test_a_barrier_reached_to_the_tick_is_touched(close, bar, barrier):
    usual = (close, round(close + 0.07, 2), round(close - 0.06, 2), close)  # ATR 0.13
    bars = table([usual, usual, (close,) * 4, bar])
    found = rows_of(bars, horizon=1, upper=1, lower=1, atr_window=1)
    assert found[0][4] == barrier


@pytest.mark.parametrize(
    ("fill", "expected"),
    [
        ("next_close", (1, 3, 0.02, "upper")),  # entered at 105, barriers at 107.1 and 102.9
        ("next_open", (1, 2, 2.02 / 101, "upper")),  # entered at 101
        ("signal_close", (1, 2, 0.02, "upper")),  # entered at 100
    ],
)
def test_entry_and_first_outcome_bar_of_each_fill(fill, expected):
    bars = table(
        [(99.5, 101, 99, 100), (100.5, 101, 99, 100), (101, 105, 100.5, 105), (106, 110, 105, 109)]
    )
    given_ = {"horizon": 1, "atr_window": 1, "fill": fill}
    multiple = {"next_close": 1.05, "next_open": 1.01, "signal_close": 1.0}[fill]
    rows = rows_of(bars, upper=multiple, lower=multiple, **given_)
    _, label, end, net, barrier = next(row for row in rows if row[0] == 1)
    assert (label, end, pytest.approx(net), barrier) == expected


def test_fills_are_those_of_the_backtest():
    assert set(FILL_TIMINGS) == set(FILLS)
    for fill, timing in FILL_TIMINGS.items():
        execution = Execution(periods_per_year=252, fill=fill)
        assert (timing.entry_lag, timing.outcome_lag) == (execution.fill_lag, execution.held_lag)


def test_labels_cut_by_the_end_of_the_data_are_dropped_even_where_a_barrier_was_hit():
    hit = (100, 103, 99, 101)
    assert rows_of(table([*HEAD, hit]), horizon=2, upper=1, lower=1, atr_window=1) == []
    bars = table([*HEAD, hit, QUIET])
    assert [row[0] for row in rows_of(bars, horizon=2, upper=1, lower=1, atr_window=1)] == [1]


@pytest.mark.parametrize("delisted", [{"X"}, ["X"], {"X": True}])
def test_the_last_bar_of_a_delisted_symbol_decides(delisted):
    bars = table([*HEAD, QUIET, (100, 101, 99, 99.5)])
    found = rows_of(bars, horizon=9, upper=1, lower=1, atr_window=1, delisted=delisted)
    assert found[0] == (1, -1, 4, pytest.approx(0.005), "end")
    assert [row[0] for row in found] == [1, 2]  # one bar of outcome is enough
    assert rows_of(bars, horizon=9, atr_window=1, delisted={"X": False}) == []


def test_a_delisting_in_the_last_bar_of_the_horizon_is_the_time_barrier():
    bars = table([*HEAD, QUIET])
    assert rows_of(bars, horizon=1, atr_window=1, delisted={"X"})[0][4] == "time"


def test_each_symbol_is_worked_on_its_own_with_its_own_costs():
    one, two = random_bars(90, seed=1, symbol="A"), random_bars(70, seed=2, symbol="B")
    costs = {"A": LabelCosts(fee_bps=5), "B": LabelCosts(price_per_side=0.2)}
    panel = triple_barrier(pl.concat([one, two]).sort("ts"), horizon=5, costs=costs)
    alone = [
        triple_barrier(bars, horizon=5, costs=costs[name])
        for name, bars in (("A", one), ("B", two))
    ]
    assert panel.equals(pl.concat(alone))


def test_table_has_the_columns_of_the_design():
    assert triple_barrier(random_bars(60)).schema == {
        "symbol": pl.String,
        "ts": pl.Datetime("us", "UTC"),
        "label": pl.Int8,
        "t1_label": pl.Datetime("us", "UTC"),
        "ret_net": pl.Float64,
        "barrier": pl.String,
    }
    assert BARRIERS == ("upper", "lower", "both", "time", "end")


@pytest.mark.parametrize("n_bars", [1, 5, 14, 39])
def test_too_few_bars_give_no_rows_and_a_warning(n_bars, caplog):
    labels = triple_barrier(random_bars(n_bars))
    assert labels.is_empty()
    assert labels.schema == triple_barrier(random_bars(60)).schema
    assert f"'X' has {n_bars} bars and gets no labels: one label takes 40 bars" in caplog.text
    assert triple_barrier(random_bars(40)).height == 1


def test_the_atr_is_wilders_and_ends_at_the_decision():
    from regime_factory.labels.barriers import average_true_range as ours

    bars = random_bars(60, seed=8)
    expected = [math.nan if v is None else v for v in average_true_range(bars.to_dicts(), 14)]
    assert ours(bars, 14).tolist() == pytest.approx(expected, rel=1e-12, nan_ok=True)


def test_bars_without_any_move_are_labelled_zero():
    labels = triple_barrier(table([(100, 100, 100, 100)] * 60))
    assert labels["label"].to_list() == [0] * 21
    assert labels["ret_net"].to_list() == [0.0] * 21
