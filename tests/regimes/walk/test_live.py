"""Rows from the last bars equal the rows of a run over the whole history."""

from datetime import timedelta

import numpy as np
import polars as pl
import pytest

from regime_factory.bars import Session, resample_many
from regime_factory.features import build_features
from regime_factory.regimes import GaussianHMM, fit_refits
from regime_factory.regimes.observations import observe
from regime_factory.regimes.tables import regime_table
from regime_factory.regimes.walk.live import observe_lookback, regime_lookback, score_lookback
from regime_factory.regimes.walk.warmup import feature_warmup, regime_warmup
from regime_factory.simulate import simulate_market

NEW_YORK = Session(timezone="America/New_York", open="09:30", close="16:00", calendar="XNYS")
SETTINGS = GaussianHMM(2, "diag", n_init=2, sticky=0.5, tol=1e-5)
P = ["p_state_0", "p_state_1"]


class World:
    """Base bars, what a batch run makes of them, and the arguments of a live run."""

    def __init__(self, bars, timeframe, names, session=None, anchor=None) -> None:
        self.bars, self.base = bars, bars["timeframe"][0]
        self.live = {
            "timeframe": timeframe,
            "columns": [f"{name}_{timeframe}" for name in names],
            "session": session,
            "anchor": anchor,
            "max_staleness": timedelta(days=3),
        }
        options = {"session": session, "anchor": anchor, "max_staleness": timedelta(days=3)}
        features = build_features(bars, columns=self.live["columns"], **options)
        coarse = resample_many(bars, [timeframe], session=session, anchor=anchor)
        self.observations = observe(
            features, coarse, timeframe=timeframe, columns=self.live["columns"]
        )
        self.refits = {symbol: self.fit(symbol) for symbol in bars["symbol"].unique()}
        self.batch = regime_table(
            self.refits,
            self.observations,
            bars.select("symbol", "ts"),
            zone="evaluation",
            label_threshold=0.95,
            oldest=timedelta(days=3, hours=24 if timeframe == "1D" else int(timeframe[0])),
        )

    def rows(self, symbol):
        return self.observations.filter(symbol=symbol)

    def fit(self, symbol):
        rows = self.rows(symbol)
        return fit_refits(
            rows.select(self.live["columns"]),
            rows["ts"],
            starts_at=rows.height // 2,
            refit_every=rows.height // 6,
            model=SETTINGS,
            n_fresh=0,
        )

    def warmup(self, symbol):
        """Base bars that any row of any refit needs."""
        stamps = self.bars.filter(symbol=symbol)["ts"]
        needs = [
            regime_warmup(
                refit.model,
                self.rows(symbol),
                stamps,
                base=self.base,
                session=self.live["session"],
            )
            for refit in self.refits[symbol]
        ]
        return max(need["warmup_bars"] for need in needs)


def without_some(bars, seed):
    """Drop single bars and one whole week."""
    rng = np.random.default_rng(seed)
    n = bars.height
    week = bars["ts"][int(0.8 * n)]
    gone = bars["ts"].is_between(week, week + timedelta(days=7))
    return bars.filter(pl.Series(rng.random(n) > 0.02) & ~gone)


def round_the_clock():
    bars = simulate_market(5000, symbols=("A", "B"), n_states=2, timeframe="1H", seed=5).bars
    return World(without_some(bars, 1), "4H", ["close_logret_current", "close_parkinson_20"])


def exchange_hours(seed):
    """Hourly bars of New York, on holidays and after the close of half days too."""
    bars = simulate_market(24 * 700, symbols=("A",), n_states=2, timeframe="1H", seed=seed).bars
    local = bars["ts"].dt.convert_time_zone("America/New_York")
    inside = local.dt.hour().is_between(10, 16) & (local.dt.weekday() <= 5)
    return without_some(bars.filter(inside), 2)


def hourly_with_sessions():
    names = ["close_logret_current", "log_halfrange_current"]
    return World(exchange_hours(6), "1D", names, NEW_YORK)


def anchored_bins():
    names = ["close_logret_current", "close_parkinson_5"]
    return World(exchange_hours(8), "4H", names, NEW_YORK, anchor="00:00")


def daily():
    bars = simulate_market(2000, symbols=("A",), n_states=2, timeframe="1D", seed=7).bars
    return World(bars, "1D", ["close_logret_current", "log_halfrange_current"])


@pytest.fixture(
    scope="module", params=[round_the_clock, hourly_with_sessions, anchored_bins, daily]
)
def world(request):
    return request.param()


def cuts_of(world, symbol, count, seed=0):
    """Moments of the batch that have a whole lookback before them."""
    n = world.warmup(symbol)
    stamps = world.bars.filter(symbol=symbol)["ts"][n:]
    chosen = np.random.default_rng(seed).choice(len(stamps), size=count, replace=False)
    return n, [stamps[int(i)] for i in sorted(chosen)]


def test_any_row_of_the_batch_comes_from_the_last_bars_before_it(world) -> None:
    compared = confirmed = 0
    for symbol, models in world.refits.items():
        own = world.bars.filter(symbol=symbol)
        batch = world.batch.filter(symbol=symbol)
        n, cuts = cuts_of(world, symbol, 60)
        for cut in cuts:
            given = own.filter(pl.col("ts") <= cut).tail(n)
            expected = batch.filter(ts=cut)
            if expected.is_empty():
                with pytest.raises(ValueError, match=r"before|too old"):
                    regime_lookback(given, {symbol: models}, **world.live)
                continue
            live = regime_lookback(given, {symbol: models}, **world.live)
            assert live.height == 1
            keys = ["symbol", "ts", "state", "regime", "refit_id"]
            assert live.select(keys).equals(expected.select(keys))
            np.testing.assert_allclose(live.select(P), expected.select(P), rtol=0, atol=1e-9)
            compared += 1
            if live["confirmed_state"][0] is not None:
                names = ["confirmed_state", "confirmed_regime"]
                assert live.select(names).equals(expected.select(names))
                confirmed += 1
    assert compared > 15
    assert confirmed > 0.5 * compared


@pytest.mark.parametrize("extra", [60, 130, 600])
def test_whatever_the_lookback_the_batch_lies_within_the_bound(world, extra) -> None:
    """Short lookbacks give fewer or uncertified rows, never wrong ones."""
    n_bars = feature_warmup(world.live["columns"], world.base, world.live["session"]) + extra
    uncertified = 0
    for symbol in world.refits:
        own = world.bars.filter(symbol=symbol)
        for end in range(own.height - 300, own.height, 37):
            given = own[end - n_bars : end]
            live = regime_lookback(given, world.refits, last=None, uncertified="keep", **world.live)
            both = live.join(world.batch, on=["symbol", "ts"], suffix="_batch")
            assert both.height == live.height > 0
            for name in P:
                gap = (both[name] - both[f"{name}_batch"]).abs()
                assert (gap <= both["bound"] + 1e-10).all()
            known = both.drop_nulls("confirmed_state")
            assert (known["confirmed_state"] == known["confirmed_state_batch"]).all()
            assert (both["certified"] == (both["bound"] <= 1e-9)).all()
            uncertified += (~both["certified"]).sum()
    assert uncertified > 0


def test_observations_of_a_lookback_are_those_of_the_batch(world) -> None:
    columns = world.live["columns"]
    symbol = next(iter(world.refits))
    own = world.bars.filter(symbol=symbol)
    for end in range(own.height - 90, own.height, 13):
        seen = observe_lookback(own[end - 700 : end], **world.live)
        both = seen.join(world.observations, on=["symbol", "ts"], suffix="_batch")
        assert both.height == seen.height > 10
        for name in columns:
            np.testing.assert_allclose(both[name], both[f"{name}_batch"], rtol=1e-9, atol=1e-13)
        last = world.observations.filter(pl.col("ts") <= own["ts"][end - 1], symbol=symbol)
        assert seen["ts"][-1] == last["ts"][-1]


def test_a_regime_too_old_for_the_newest_bar_is_not_given_for_it() -> None:
    """After a week without bars, until the next daily bar closes, the batch has no row either."""
    world = hourly_with_sessions()
    gap = world.bars["ts"].diff().arg_max()
    given = world.bars[gap - 500 : gap + 1]
    assert world.batch.filter(ts=given["ts"][-1]).is_empty()
    with pytest.raises(ValueError, match="A: the newest regime is too old"):
        regime_lookback(given, world.refits, **world.live)
    kept = regime_lookback(given, world.refits, uncertified="keep", **{**world.live, "last": 3})
    assert kept["ts"].to_list() == given["ts"][-3:-1].to_list()


@pytest.fixture(scope="module", name="small")
def small_world():
    return daily()


def test_the_given_rows_decide_what_happens_to_uncertified_ones(small) -> None:
    given = small.bars.tail(30)
    arguments = {**small.live, "last": None}
    kept = regime_lookback(given, small.refits, uncertified="keep", **arguments)
    dropped = regime_lookback(given, small.refits, uncertified="drop", **arguments)
    assert 0 < dropped.height < kept.height
    assert dropped.equals(kept.filter("certified"))
    with pytest.raises(ValueError, match=r"^A: .*1 row leaves .* by 1; at most 1e-09"):
        regime_lookback(given, small.refits, **arguments)
    halfway = kept.filter(pl.col("bound").is_between(1e-8, 0.4))["ts"][0]
    with pytest.raises(ValueError, match=r"takes about \d+ rows more \(one row is one 1D bar"):
        regime_lookback(given.filter(pl.col("ts") <= halfway), small.refits, **small.live)


def test_too_few_bars_for_the_features_say_how_many(small) -> None:
    with pytest.raises(ValueError, match=r"A: 1 bars of 1D without history are .* over 2, "):
        regime_lookback(small.bars.tail(1), small.refits, **small.live)


def test_columns_that_are_not_made_from_bars_are_asked_for_as_features(small) -> None:
    arguments = {**small.live, "columns": ["sentiment_1D"]}
    with pytest.raises(ValueError, match=r"'sentiment_1D'.*; a model of columns that are not made"):
        regime_lookback(small.bars, small.refits, **arguments)


def test_a_symbol_without_a_model_is_named(small) -> None:
    with pytest.raises(ValueError, match="no model for symbol 'A'; there are models for B"):
        regime_lookback(small.bars.tail(50), {"B": small.refits["A"]}, **small.live)


def test_bars_before_the_first_refit_are_not_scored(small) -> None:
    with pytest.raises(ValueError, match=r"A: all 199 observed bars, .* lie before"):
        regime_lookback(small.bars.head(200), small.refits, **small.live)


def test_one_plain_model_scores_every_bar(small) -> None:
    model = small.refits["A"][0].model
    live = regime_lookback(small.bars, {"A": model}, **{**small.live, "last": 700})
    X = small.observations.select(small.live["columns"])
    np.testing.assert_allclose(live.select(P), model.filter(X)[-700:], rtol=0, atol=1e-9)
    assert set(live["regime"]) == {"Calm", "Stress"}
    spread = np.sqrt(model.covars_[live["state"][-1], 0])
    assert (live["regime"][-1] == "Calm") == (spread == model.volatilities().min())


def test_symbols_may_have_models_of_different_sizes(small) -> None:
    bars = pl.concat([small.bars, small.bars.with_columns(symbol=pl.lit("B"))])
    X = small.observations.select(small.live["columns"])
    three = GaussianHMM(3, "diag", n_init=2, sticky=0.5).fit(X)
    models = {"A": small.refits["A"], "B": three}
    live = regime_lookback(bars, models, **{**small.live, "last": 3})
    assert live["symbol"].to_list() == ["A"] * 3 + ["B"] * 3
    assert live.columns[4:7] == [*P, "p_state_2"]
    assert live["p_state_2"].null_count() == 3
    np.testing.assert_allclose(
        live.filter(symbol="B").select(*P, "p_state_2"), three.filter(X)[-3:], rtol=0, atol=1e-9
    )


def test_ready_made_observations_answer_at_their_own_stamps(small) -> None:
    rows = small.observations.drop("ret").tail(400)
    table = score_lookback(
        rows, rows.select("symbol", "ts"), small.refits, timeframe="1D", uncertified="drop"
    )
    both = table.join(small.batch, on=["symbol", "ts"], suffix="_batch")
    assert both.height == table.height > 300
    np.testing.assert_allclose(both["p_state_0"], both["p_state_0_batch"], rtol=0, atol=1e-9)
