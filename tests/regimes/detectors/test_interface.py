"""What holds for every detector: the interface, saving, online use, bad input, reordering."""

import json
import subprocess
import sys
from pathlib import Path

import numpy as np
import polars as pl
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from regime_factory.datasets import StateDataset
from regime_factory.regimes import Refits, fit_refits
from regime_factory.regimes.detector import Detector, restore_detector
from regime_factory.regimes.hmm.interchange import checksum

from .every import EVERY, OTHERS, observations

X = observations()
FITTED = {name: detector.clone().fit(X[:500]) for name, detector in EVERY.items()}
every = pytest.mark.parametrize("name", EVERY)
others = pytest.mark.parametrize("name", OTHERS)


@every
def test_the_interface(name):
    model = FITTED[name]
    assert isinstance(model, Detector)
    assert model.is_fitted()
    assert not model.clone().is_fitted()
    p = model.filter(X)
    assert p.shape == (700, 2)
    np.testing.assert_allclose(p.sum(axis=1), 1.0, atol=1e-12)
    moments = model.moments()
    assert moments.means.shape == (2, 2)
    assert (np.linalg.eigvalsh(moments.covars) > 0).all()
    assert np.isfinite(model.objective())


@every
def test_fits_are_repeatable_and_start_with_the_calm_state(name):
    model = FITTED[name]
    again = EVERY[name].clone().fit(X[:500])
    np.testing.assert_array_equal(again.filter(X), model.filter(X))
    spread = model.moments().covars[:, 0, 0]
    assert spread[0] <= spread[1]


@every
def test_settings_can_be_read_changed_and_copied(name):
    model = EVERY[name].clone()
    assert model.get_params() == EVERY[name].get_params()
    assert model.set_params(n_components=3).n_components == 3
    with pytest.raises(ValueError, match="unknown setting 'depth'"):
        model.set_params(depth=1)


@every
def test_reordering_renumbers_everything(name):
    model, turned = FITTED[name], restore_detector(FITTED[name].to_state()).reorder([1, 0])
    np.testing.assert_allclose(turned.filter(X)[:, ::-1], model.filter(X), atol=1e-12)
    np.testing.assert_array_equal(turned.moments().means[::-1], model.moments().means)
    np.testing.assert_array_equal(turned.moments().covars[::-1], model.moments().covars)


@others
def test_only_a_permutation_reorders(name):
    with pytest.raises(ValueError, match=r"order \[0, 0\] is not a permutation"):
        restore_detector(FITTED[name].to_state()).reorder([0, 0])


@every
def test_a_warm_start_keeps_the_order_of_its_states(name):
    turned = restore_detector(FITTED[name].to_state()).reorder([1, 0])
    warm = EVERY[name].clone().fit(X[:500], start=turned)
    np.testing.assert_allclose(warm.moments().means, turned.moments().means, atol=0.05)
    agree = (warm.filter(X).argmax(axis=1) == turned.filter(X).argmax(axis=1)).mean()
    assert agree > 0.98


@others
def test_a_start_of_another_shape_is_refused(name):
    with pytest.raises(ValueError, match="start"):
        EVERY[name].clone().set_params(n_components=3).fit(X[:500], start=FITTED[name])


@every
def test_a_start_of_another_class_is_refused(name):
    stranger = FITTED["jump" if name != "jump" else "mixture"]
    wanted = type(FITTED[name]).__name__
    with pytest.raises(
        ValueError, match=f"start is a {type(stranger).__name__}; give a fitted {wanted}"
    ):
        EVERY[name].clone().fit(X[:500], start=stranger)


@every
def test_sequences_are_judged_one_by_one(name):
    model = FITTED[name]
    whole = model.filter(X, lengths=[300, 400])
    np.testing.assert_array_equal(whole[:300], model.filter(X[:300]))
    np.testing.assert_array_equal(whole[300:], model.filter(X[300:]))
    with pytest.raises(ValueError, match="sum to 400, the observations have 700 rows"):
        model.filter(X, lengths=[400])


@others
def test_a_fit_takes_sequences(name):
    pieces = EVERY[name].clone().fit(X[:500], lengths=[200, 300])
    assert (pieces.filter(X).argmax(axis=1) == FITTED[name].filter(X).argmax(axis=1)).mean() > 0.95


@others
def test_objectives_do_not_depend_on_units_or_offsets(name):
    moved = EVERY[name].clone().fit(X[:500] * [0.001, 1000.0] + [5.0, -1e6])
    labels = moved.filter(X * [0.001, 1000.0] + [5.0, -1e6]).argmax(axis=1)
    assert (labels == FITTED[name].filter(X).argmax(axis=1)).mean() > 0.995


# --- online -----------------------------------------------------------------------------


@every
def test_online_equals_the_filter(name):
    model = FITTED[name]
    online = model.online()
    rows = np.array([online.update(x) for x in X])
    np.testing.assert_allclose(rows, model.filter(X), rtol=0, atol=1e-12)
    np.testing.assert_array_equal(online.probabilities, rows[-1])


@every
def test_online_goes_on_exactly_from_a_saved_state(name):
    model = FITTED[name]
    straight, first = model.online(), model.online()
    expected = np.array([straight.update(x) for x in X])
    for x in X[:333]:
        first.update(x)
    saved = json.loads(json.dumps(first.to_state()))
    second = restore_detector(model.to_state()).online().restore(saved)
    np.testing.assert_array_equal(second.probabilities, expected[332])
    np.testing.assert_array_equal([second.update(x) for x in X[333:]], expected[333:])


@every
def test_a_fresh_online_object_can_be_saved(name):
    saved = json.loads(json.dumps(FITTED[name].online().to_state(), allow_nan=False))
    online = FITTED[name].online().restore(saved)
    np.testing.assert_allclose(online.update(X[0]), FITTED[name].filter(X[:1])[0], atol=1e-12)


@others
def test_a_damaged_online_state_is_refused(name):
    online = FITTED[name].online()
    online.update(X[0])
    state = online.to_state()
    kind = state["kind"]
    wrong = {
        "this is not a saved": [{}, {**state, "kind": "Other"}],
        f"saved {kind} has format 99": [{**state, "format_version": 99}],
        "belongs to a detector with other parameters": [{**state, "model": "0" * 16}],
        f"the saved {kind} is damaged": [
            {**state, "probabilities": [0.5, 0.2, 0.3]},
            {**state, "memory": [1.0] * 99},
            {**state, "memory": "x"},
            {key: value for key, value in state.items() if key != "memory"},
        ],
    }
    for message, states in wrong.items():
        for damaged in states:
            with pytest.raises(ValueError, match=message):
                online.restore(damaged)
    np.testing.assert_array_equal(online.probabilities, state["probabilities"])


@others
def test_an_online_state_of_other_parameters_is_refused(name):
    other = EVERY[name].clone().fit(X[:450])
    with pytest.raises(ValueError, match="belongs to a detector with other parameters"):
        other.online().restore(FITTED[name].online().to_state())


@others
def test_a_bad_bar_leaves_an_online_object_as_it_was(name):
    online = FITTED[name].online()
    for x in X[:50]:
        online.update(x)
    before = online.to_state()
    for bad in ([np.nan, 1.0], [1.0], [[1.0, 2.0], [3.0, 4.0]]):
        with pytest.raises(ValueError, match="observations"):
            online.update(bad)
    assert online.to_state() == before
    np.testing.assert_array_equal(online.update_many(X[50:]), FITTED[name].filter(X)[50:])


@every
def test_previous_is_checked_and_used(name):
    model = FITTED[name]
    p = model.filter(X[100:], previous=[0.0, 1.0])
    online = model.online(previous=[0.0, 1.0])
    np.testing.assert_allclose([online.update(x) for x in X[100:]], p, atol=1e-12)
    with pytest.raises(ValueError, match=r"previous .*(sum to 1|shape)"):
        model.filter(X, previous=[0.7, 0.7])


# --- saving ------------------------------------------------------------------------------


@every
def test_saved_detectors_predict_identically(name, tmp_path):
    model = FITTED[name]
    dataset = StateDataset(
        filepath=str(tmp_path / "model"),
        object_type="regime_factory.regimes.detector.SavedDetector",
    )
    dataset.save({"A": model})
    again = dataset.load()["A"]
    assert repr(again) == repr(model)
    np.testing.assert_array_equal(again.filter(X), model.filter(X))
    assert again.objective() == model.objective()
    assert again.n_rows_ == 500


@pytest.mark.slow
def test_a_fresh_process_predicts_identically(tmp_path):
    dataset = StateDataset(
        filepath=str(tmp_path / "model"),
        object_type="regime_factory.regimes.detector.SavedDetector",
    )
    dataset.save(dict(FITTED))
    np.save(tmp_path / "X.npy", X)
    code = (
        "import sys, numpy as np\n"
        "from regime_factory.datasets import StateDataset\n"
        "folder = sys.argv[1]\n"
        "saved = StateDataset(filepath=folder + '/model',\n"
        "    object_type='regime_factory.regimes.detector.SavedDetector').load()\n"
        "X = np.load(folder + '/X.npy')\n"
        "np.savez(folder + '/p.npz', **{name: model.filter(X) for name, model in saved.items()})\n"
    )
    subprocess.run([sys.executable, "-c", code, str(tmp_path)], check=True, cwd=Path.cwd())
    with np.load(tmp_path / "p.npz") as made:
        for name, model in FITTED.items():
            np.testing.assert_array_equal(made[name], model.filter(X), err_msg=name)


@every
def test_refits_of_any_detector_can_be_saved(name, tmp_path):
    refits = fit_refits(X, starts_at=400, refit_every=200, model=EVERY[name])
    dataset = StateDataset(
        filepath=str(tmp_path / "refits"), object_type="regime_factory.regimes.Refits"
    )
    dataset.save({"A": refits})
    again = dataset.load()["A"]
    assert isinstance(again, Refits)
    for before, after in zip(refits, again, strict=True):
        assert type(after.model) is type(before.model)
        np.testing.assert_array_equal(after.model.filter(X), before.model.filter(X))


@others
def test_damaged_and_newer_files_are_refused(name):
    state = FITTED[name].to_state()
    kind = state["kind"]
    with pytest.raises(ValueError, match=f"saved {kind} has format 99.*update regime_factory"):
        restore_detector({**state, "format_version": 99})
    arrays = state["arrays"]
    damaged = {
        "another value": {**arrays, "means_": arrays["means_"] + 1e-9},
        "a missing array": {k: v for k, v in arrays.items() if k != "covars_"},
        "an unknown array": {**arrays, "more_": np.ones(2)},
        "a wrong shape": {**arrays, "means_": np.ones((3, 2))},
        "NaN": {**arrays, "means_": np.full((2, 2), np.nan)},
        "text": {**arrays, "means_": "x"},
    }
    for what, wrong in damaged.items():
        with pytest.raises(ValueError, match=f"the saved {kind} is damaged"):
            pytest.fail(f"{what}: {restore_detector({**state, 'arrays': wrong})}")
    odd = {
        "settings": {**state["settings"], "n_components": 3},
        "fit": {**state["fit"], next(iter(state["fit"])): 7},
    }
    for part, wrong in odd.items():
        with pytest.raises(ValueError, match=f"the saved {kind} is damaged"):
            pytest.fail(f"{part}: {restore_detector({**state, part: wrong})}")
    without = {key: value for key, value in state.items() if key != "settings"}
    with pytest.raises(ValueError, match=f"the saved {kind} is damaged"):
        restore_detector(without)
    with pytest.raises(ValueError, match=f"the saved {kind} is damaged"):
        restore_detector({**state, "settings": {**state["settings"], "n_components": 0}})
    with pytest.raises(ValueError, match=f"this is not a saved {kind}"):
        type(FITTED[name]).from_state({"kind": "Other", "format_version": 1})


@others
def test_a_state_of_the_first_format_is_read(name):
    """It had a checksum of its arrays alone."""
    state = FITTED[name].to_state()
    older = {**state, "format_version": 1, "checksum": checksum(state["arrays"])}
    np.testing.assert_array_equal(restore_detector(older).filter(X), FITTED[name].filter(X))
    with pytest.raises(ValueError, match="the checksum differs"):
        restore_detector({**older, "checksum": "0" * 16})


# --- bad input ---------------------------------------------------------------------------


@others
def test_unfitted_use_is_refused(name):
    model = EVERY[name].clone()
    calls = (
        lambda: model.filter(X), model.online, model.objective, model.moments, model.to_state,
        lambda: model.reorder([1, 0]),
    )  # fmt: skip
    for use in calls:
        with pytest.raises(ValueError, match="is not fitted; call fit"):
            use()
    with pytest.raises(ValueError, match="is not fitted"):
        EVERY[name].clone().fit(X, start=model)


@every
def test_bad_observations_are_named(name):
    model = FITTED[name]
    hole = X.copy()
    hole[17, 1] = np.nan
    frame = pl.DataFrame(hole, schema=["ret", "range"])
    for use in (model.filter, EVERY[name].clone().fit):
        with pytest.raises(ValueError, match="nan in row 17, column 'range'"):
            use(frame)
        with pytest.raises(ValueError, match="inf"):
            use(np.where(np.isnan(hole), np.inf, hole))
    ragged = [[0.0, 1.0], [2.0]]
    for use in (model.filter, EVERY[name].clone().fit, model.online().update):
        with pytest.raises(ValueError, match="row 1 has 1 values, row 0 has 2"):
            use(ragged)
    with pytest.raises(ValueError, match="observations have 1 columns, the model was fitted on 2"):
        model.filter(X[:, :1])
    with pytest.raises(ValueError, match="observations have 3 columns"):
        model.online().update([1.0, 2.0, 3.0])
    with pytest.raises(ValueError, match="nan"):
        model.online().update([1.0, np.nan])


@others
@pytest.mark.parametrize("value", [1e200, -1e308])
def test_bars_beyond_arithmetic_are_refused_or_judged(name, value):
    """A square that overflows is a clear error or a probability, never NaN."""
    far = X.copy()
    far[100, 0] = value
    with pytest.raises(ValueError, match="too large for a variance"):
        EVERY[name].clone().fit(far)
    try:
        p = FITTED[name].filter(far)
    except ValueError as error:
        assert "row 100 is" in str(error)  # noqa: PT017
    else:
        assert np.isfinite(p).all()
    if hasattr(FITTED[name], "score_rows"):
        with pytest.raises(ValueError, match="row 100 is"):
            FITTED[name].score_rows(far)


@every
def test_observations_that_cannot_be_fitted_are_named(name):
    fit = EVERY[name].clone().fit
    with pytest.raises(ValueError, match="rows cannot fit"):
        fit(X[:4])
    flat = X.copy()
    flat[:, 1] = 0.1
    with pytest.raises(ValueError, match="column 1 is constant"):
        fit(flat)
    with pytest.raises(ValueError, match="are collinear"):
        fit(np.column_stack([X[:, 0], 2 * X[:, 0] + 1]))


@every
@settings(max_examples=15, deadline=None)
@given(seed=st.integers(0, 2**32 - 1), rows=st.integers(40, 120), jump=st.floats(1, 200))
def test_odd_bars_give_no_nan(name, seed, rows, jump):
    """Outliers of up to 200 standard deviations, short histories, ties: finite or a clear error."""
    rng = np.random.default_rng(seed)
    odd = rng.standard_t(2.5, size=(rows, 2)).round(1)
    odd[rng.integers(rows)] = jump
    model = EVERY[name].clone()
    try:
        p = model.fit(odd).filter(odd)
    except ValueError as error:
        assert len(str(error)) > 20  # noqa: PT017
    else:
        assert np.isfinite(p).all()
        assert np.isfinite(model.objective())
        assert np.isfinite(model.moments().covars).all()


@every
def test_columns_in_another_order_are_refused(name):
    frame = pl.DataFrame(X, schema=["a", "b"])
    model = EVERY[name].clone().fit(frame[:500])
    with pytest.raises(ValueError, match="select them in that order"):
        model.filter(frame.select("b", "a"))
