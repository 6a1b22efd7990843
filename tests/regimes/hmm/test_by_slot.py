"""Models by slot of the day: moments, densities, causality, online use, saving."""

import json

import numpy as np
import polars as pl
import pytest
from scipy.stats import norm

from regime_factory.regimes import GaussianHMM, NotFittedError, filter_refits, fit_refits
from regime_factory.regimes.detector import SavedDetector, restore_detector
from regime_factory.regimes.hmm.by_slot import SlotHMM
from regime_factory.regimes.hmm.lookback import bounded_filter, filter_memory, lookback_filter
from regime_factory.regimes.hmm.slot_moments import PRIOR_BARS, SlotMoments

from ..worlds import TRUTH, simulate
from .older import as_format_2

RHYTHM = np.array([4.0, 1.5, 0.5, 0.5, 1.0, 2.5])  # of a day of six bars, wildest at the open
SETTINGS = {"n_init": 3, "n_iter": 150, "sticky": 0.5}


def intraday(n_rows: int = 1800, seed: int = 0) -> tuple[np.ndarray, np.ndarray]:
    """Slot and observations of a hidden chain under a daily rhythm, and the chain."""
    X, states = simulate(TRUTH[2], n_rows, seed)
    slot = np.arange(n_rows) % len(RHYTHM)
    width = RHYTHM[slot]
    return np.column_stack([slot, X[:, 0] * width, X[:, 1] + 3 * np.log(width)]), states


@pytest.fixture(scope="module", name="X")
def observations() -> np.ndarray:
    return intraday()[0]


@pytest.fixture(scope="module")
def model(X) -> SlotHMM:
    return SlotHMM(2, "diag", **SETTINGS).fit(X)


def test_moments_are_those_of_the_slot_shrunk_to_all_bars(X):
    found = SlotMoments.of(X[:, 0], X[:, 1:])
    values, n = X[:, 1:], 300
    assert found.slots.tolist() == [0, 1, 2, 3, 4, 5]
    for slot in range(6):
        own = values[X[:, 0] == slot]
        mean = (n * own.mean(axis=0) + PRIOR_BARS * values.mean(axis=0)) / (n + PRIOR_BARS)
        variance = (n * own.var(axis=0) + PRIOR_BARS * values.var(axis=0)) / (n + PRIOR_BARS)
        np.testing.assert_allclose(found.means[slot], mean)
        np.testing.assert_allclose(found.stds[slot], np.sqrt(variance))
    np.testing.assert_allclose(found.means[-1], values.mean(axis=0))
    np.testing.assert_allclose(found.stds[-1], values.std(axis=0))


def test_a_rare_slot_hardly_differs_and_an_unseen_one_not_at_all(X):
    rare = np.vstack([X, [[9.0, 500.0, 0.0]]])
    found = SlotMoments.of(rare[:, 0], rare[:, 1:])
    overall = found.stds[-1]
    np.testing.assert_allclose(found.stds[found.place(np.array([9.0]))[0]], overall, rtol=0.03)
    values, log_scale = found.level(np.array([[7.0, 1.0, 2.0]]))
    np.testing.assert_allclose(values, [[1.0, 2.0]])
    assert log_scale.tolist() == [0.0]


def test_densities_are_those_of_the_bars_themselves(X, model):
    """One state: the density of a bar is the normal density with its slot's moments."""
    one = SlotHMM(1, "diag", shrinkage=0.0).fit(X)
    at = one.slots_.place(X[:, 0])
    level = (X[:, 1:] - one.slots_.means[at]) / one.slots_.stds[at]
    mean, std = level.mean(axis=0), level.std(axis=0)
    by_hand = norm.logpdf(
        X[:, 1:],
        one.slots_.means[at] + mean * one.slots_.stds[at],
        std * one.slots_.stds[at],
    ).sum(axis=1)
    np.testing.assert_allclose(one.score_rows(X), by_hand, rtol=1e-9, atol=1e-9)
    assert one.loglik_ == pytest.approx(by_hand.sum())
    assert one.objective() == pytest.approx(one.loglik_ / len(X))
    assert model.loglik_ == pytest.approx(model.score(X))
    assert one.n_parameters() == GaussianHMM(1, "diag").fit(X[:, 1:]).n_parameters() + 2 * 5 * 2


def test_a_model_without_rhythm_in_its_data_is_the_plain_one():
    X, _ = simulate(TRUTH[2], 900, 3)
    plain = GaussianHMM(2, "diag", **SETTINGS).fit(X)
    flat = SlotHMM(2, "diag", **SETTINGS).fit(np.column_stack([np.zeros(900), X]))
    np.testing.assert_allclose(flat.means_, plain.means_, rtol=1e-6, atol=1e-8)
    np.testing.assert_allclose(
        flat.filter(np.column_stack([np.zeros(900), X])), plain.filter(X), atol=1e-6
    )


def test_the_daily_rhythm_causes_no_switches():
    """Simulated seasonal bars: fewer switches, and the hidden states are found."""
    X, states = intraday(3000, seed=2)
    seen = {}
    for name, fitted in (
        ("plain", GaussianHMM(2, "diag", **SETTINGS).fit(X[:, 1:]).filter(X[:, 1:])),
        ("slots", SlotHMM(2, "diag", **SETTINGS).fit(X).filter(X)),
    ):
        labels = fitted.argmax(axis=1)
        seen[name] = ((labels[1:] != labels[:-1]).sum(), (labels == states).mean())
    true_switches = (states[1:] != states[:-1]).sum()
    assert seen["slots"][0] < 0.35 * seen["plain"][0]
    assert seen["slots"][0] < 2.5 * true_switches
    assert seen["slots"][1] > 0.9 > seen["plain"][1]


def walk(X: np.ndarray, model: GaussianHMM) -> pl.DataFrame:
    refits = fit_refits(X, starts_at=900, refit_every=300, model=model, returns=X[:, 1], n_fresh=1)
    return filter_refits(refits, X)


def full_sample(X: np.ndarray) -> np.ndarray:
    """The mistake: slots measured on all rows, before the walk."""
    return SlotMoments.of(X[:, 0], X[:, 1:]).level(X)[0]


@pytest.mark.parametrize("cut", [1199, 1200, 1411])
def test_no_row_sees_a_later_one_and_the_mistake_is_seen(X, cut):
    """Rows after the cut replaced, and removed: rows before it stay as they are."""
    changed = X.copy()
    changed[cut:, 1:] = np.random.default_rng(1).normal(size=(len(X) - cut, 2)) * 50
    settings = SlotHMM(2, "diag", **SETTINGS)
    whole, replaced = walk(X, settings), walk(changed, settings)
    assert whole[: cut - 900].equals(replaced[: cut - 900])
    removed = walk(X[:cut], settings)
    assert whole[: cut - 900].select("p_state_0").equals(removed.select("p_state_0"))
    plain = GaussianHMM(2, "diag", **SETTINGS)
    planted = [walk(full_sample(rows), plain)[: cut - 900] for rows in (X, changed)]
    assert not planted[0].equals(planted[1])


def test_a_refit_measures_its_slots_on_its_own_rows(X):
    refits = fit_refits(
        X, starts_at=900, refit_every=300, model=SlotHMM(2, "diag", **SETTINGS),
        returns=X[:, 1],
    )  # fmt: skip
    for refit in refits:
        own = X[: refit.first_row]
        np.testing.assert_array_equal(
            refit.model.slots_.stds, SlotMoments.of(own[:, 0], own[:, 1:]).stds
        )
    assert (np.diff(refits[0].model.volatilities()) > 0).all()


def test_lookback_settles_the_rows_of_the_batch(X, model):
    n = filter_memory(model, X)
    batch = model.filter(X)
    last = lookback_filter(model, X[-n:])
    np.testing.assert_allclose(last.p[-1], batch[-1], atol=1e-9)
    bounded = bounded_filter(model, X[700:900])
    gap = np.abs(bounded.p - batch[700:900]).max(axis=1)
    assert (gap <= bounded.bound + 1e-12).all()


def test_one_bar_at_a_time_equals_the_batch_and_goes_on_after_saving(X, model):
    online = model.online()
    rows, densities = [], []
    for x in X[:400]:
        rows.append(online.update(x))
        densities.append(online.loglik)
    batch = model.filter(X[:400])
    np.testing.assert_allclose(rows, batch, atol=1e-12)
    np.testing.assert_allclose(densities, model.score_rows(X[:400]), rtol=1e-9)
    assert 0 <= online.change <= 1
    saved = json.loads(json.dumps(online.to_state()))
    again = model.online().restore(saved)
    np.testing.assert_array_equal(again.update_many(X[400:420]), online.update_many(X[400:420]))
    np.testing.assert_array_equal(again.probabilities, online.probabilities)
    with pytest.raises(ValueError, match="2 columns, the model was fitted on 3"):
        online.update(X[0, :2])


def test_saved_models_predict_identically(X, model):
    state = model.to_state()
    for restored in (SlotHMM.from_state(state), restore_detector(state),
                     SavedDetector.from_state(state)):  # fmt: skip
        assert isinstance(restored, SlotHMM)
        np.testing.assert_array_equal(restored.filter(X), model.filter(X))
        assert restored.get_params() == model.get_params()
    plain = GaussianHMM(2, n_init=2).fit(X[:, 1:])
    assert type(SavedDetector.from_state(plain.to_state())) is GaussianHMM


@pytest.mark.parametrize(
    ("change", "message"),
    [
        ({"slots": {}}, "damaged"),
        ({"model": {}}, "damaged"),
        ({"kind": "GaussianHMM"}, "SlotHMM"),
        ({"format_version": 999}, "update regime_factory"),
        ({"checksum": "0" * 16}, "the saved SlotHMM is damaged: its values are not the ones"),
    ],
)
def test_damaged_states_are_named(model, change, message):
    with pytest.raises(ValueError, match=message):
        SlotHMM.from_state({**model.to_state(), **change})


def test_moments_of_another_fit_are_damage(X, model):
    state = model.to_state()
    moments = {**state["slots"], "means": state["slots"]["means"] + 1e-9}
    with pytest.raises(ValueError, match="the checksum differs"):
        SlotHMM.from_state({**state, "slots": moments})
    older = {**state, "format_version": 2, "model": as_format_2(state["model"])}
    del older["checksum"]
    np.testing.assert_array_equal(SlotHMM.from_state(older).filter(X), model.filter(X))


@pytest.mark.parametrize("slot", [0.5, -2.0, 1440.0, 1e300])
def test_what_is_no_slot_of_a_day_is_refused(X, model, slot):
    """A return in the place of the slot, as when columns are swapped."""
    rows = X[:400].copy()
    rows[7, 0] = slot
    online = model.online()
    before = online.update_many(X[:5])[-1]
    for use in (model.filter, SlotHMM(2, "diag", **SETTINGS).fit, online.update_many):
        with pytest.raises(ValueError, match=f"row 7 has the slot {slot}".replace("+", r"\+")):
            use(rows)
    with pytest.raises(ValueError, match="row 0 has the slot"):
        online.update(rows[7])
    np.testing.assert_array_equal(online.probabilities, before)


def test_moments_of_another_width_are_damage(model):
    state = model.to_state()
    slots = {**state["slots"], "stds": state["slots"]["stds"][:, :1]}
    with pytest.raises(ValueError, match="damaged: moments of the slots"):
        SlotHMM.from_state({**state, "slots": slots})


def test_what_cannot_be_done_is_said(X, model):
    with pytest.raises(ValueError, match="needs the slot and at least one observed column"):
        SlotHMM(2).fit(X[:, :1])
    with pytest.raises(NotFittedError, match="SlotHMM is not fitted"):
        SlotHMM(2).filter(X)
    with pytest.raises(ValueError, match="2 columns, the model was fitted on 3"):
        model.filter(X[:, 1:])
    with pytest.raises(ValueError, match="hmmlearn cannot standardise by slot"):
        model.to_hmmlearn()
    frame = pl.DataFrame({"slot": X[:, 0], "a": X[:, 1], "flat": 1.0})
    with pytest.raises(ValueError, match="column 'flat' is constant"):
        SlotHMM(2).fit(frame)
