"""The model as a user meets it: invariances, bad input, order of states, scores."""

import numpy as np
import polars as pl
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from regime_factory.regimes import GaussianHMM, JumpModel, NotFittedError, adjusted_rand

from ..worlds import TRUTH, simulate, start_of


@pytest.fixture(scope="module", name="X")
def observations():
    return simulate(TRUTH[3], 900, 11)[0]


@pytest.fixture(scope="module")
def model(X):
    return GaussianHMM(3, "full", n_init=4).fit(X)


@settings(max_examples=25, deadline=None)
@given(
    seed=st.integers(0, 10**6),
    kind=st.sampled_from(["diag", "full", "tied"]),
    emission=st.sampled_from(["gaussian", "student_t"]),
    scales=st.tuples(st.floats(-6, 6), st.floats(-6, 6)),
    offset=st.sampled_from([0.0, 3.0, -1e4]),
)
def test_units_offsets_and_order_do_not_matter(seed, kind, emission, scales, offset):
    X, _ = simulate(TRUTH[2], 300, seed)
    given_start = start_of(2, 2, seed, "full")
    fit = GaussianHMM(2, kind, emission=emission, sticky=0.5, n_iter=15, tol=0.0)
    plain = fit.clone().fit(X, start=given_start)
    scale, states, columns = 10.0 ** np.array(scales), [1, 0], [1, 0]
    moved = X * scale + offset * scale
    start = {
        "startprob": given_start["startprob"][states],
        "transmat": given_start["transmat"][np.ix_(states, states)],
        "means": (given_start["means"] * scale + offset * scale)[states][:, columns],
        "covars": (given_start["covars"] * np.outer(scale, scale))[states][:, columns][
            :, :, columns
        ],
    }
    other = fit.clone().fit(moved[:, columns], start=start)
    p = other.filter(moved[:, columns])
    np.testing.assert_allclose(p[:, states], plain.filter(X), atol=1e-6)
    density = np.log(scale).sum()
    assert other.loglik_ + 300 * density == pytest.approx(plain.loglik_, rel=1e-7)
    if emission == "student_t":
        np.testing.assert_allclose(other.dofs_[states], plain.dofs_, rtol=1e-5)


@pytest.mark.parametrize("kind", ["diag", "full", "tied"])
@pytest.mark.parametrize("emission", ["gaussian", "student_t"])
@pytest.mark.parametrize(("scale", "offset"), [(1e-6, 0.0), ([1e4, 1e-6], 0.0), (1.0, 1e8)])
def test_units_and_offsets_do_not_matter_with_drawn_starts(X, kind, emission, scale, offset):
    settings = {"n_init": 3, "sticky": 0.5, "emission": emission}
    plain = GaussianHMM(3, kind, **settings).fit(X)
    moved = GaussianHMM(3, kind, **settings).fit(X * np.asarray(scale) + offset)
    # An offset of 1e8 leaves eight digits of the data itself.
    atol = 1e-3 if offset else {"gaussian": 1e-7, "student_t": 1e-4}[emission]
    np.testing.assert_allclose(
        moved.filter(X * np.asarray(scale) + offset), plain.filter(X), atol=atol
    )
    np.testing.assert_allclose(moved.transmat_, plain.transmat_, atol=atol)


def test_spherical_models_keep_one_variance_in_user_units(X):
    plain = GaussianHMM(3, "spherical", n_init=3).fit(X)
    moved = GaussianHMM(3, "spherical", n_init=3).fit(X * 1e-3 + 5)
    assert plain.covars_.shape == (3,)
    np.testing.assert_allclose(moved.covars_, plain.covars_ * 1e-6, rtol=1e-6)


def test_order_of_columns_and_states_does_not_matter(X):
    start = start_of(3, 2, 1, "full")
    plain = GaussianHMM(3).fit(X, start=start)
    swapped = {**start, "means": start["means"][:, ::-1], "covars": start["covars"][:, ::-1, ::-1]}
    columns = GaussianHMM(3).fit(X[:, ::-1], start=swapped)
    np.testing.assert_allclose(columns.filter(X[:, ::-1]), plain.filter(X), atol=1e-8)
    order = [2, 0, 1]
    turned = {
        "startprob": start["startprob"][order],
        "transmat": start["transmat"][np.ix_(order, order)],
        "means": start["means"][order],
        "covars": start["covars"][order],
    }
    states = GaussianHMM(3).fit(X, start=turned)
    np.testing.assert_allclose(states.filter(X), plain.filter(X)[:, order], atol=1e-8)


def test_drawn_starts_end_ordered_by_volatility(model):
    assert (np.diff(model.volatilities()) > 0).all()
    assert model.volatilities(1).shape == (3,)


def test_the_fit_is_deterministic_by_seed(X):
    first, second = (GaussianHMM(3, "diag", n_init=4, random_state=5).fit(X) for _ in range(2))
    np.testing.assert_array_equal(first.means_, second.means_)


def test_true_parameters_are_found():
    values, states = simulate(TRUTH[2], 6000, 0)
    found = GaussianHMM(2, n_init=4).fit(values)
    np.testing.assert_allclose(found.means_, TRUTH[2].means, atol=0.1)
    np.testing.assert_allclose(found.transmat_, TRUTH[2].transmat, atol=0.02)
    np.testing.assert_allclose(found.covars_, TRUTH[2].covars, atol=0.2)
    assert adjusted_rand(found.smooth(values).argmax(axis=1), states) > 0.85


def test_information_criteria_follow_their_definition(X, model):
    assert model.n_parameters() == 23
    loglik = model.score(X)
    assert model.aic(X) == pytest.approx(46 - 2 * loglik)
    assert model.bic(X) == pytest.approx(23 * np.log(900) - 2 * loglik)


def test_one_state_is_a_plain_gaussian(X):
    single = GaussianHMM(1, "full", shrinkage=0.0).fit(X)
    np.testing.assert_allclose(single.means_[0], X.mean(axis=0))
    np.testing.assert_allclose(single.covars_[0], np.cov(X.T, ddof=0))
    assert (single.filter(X) == 1).all()


def test_student_t_finds_the_truth(X):
    rng = np.random.default_rng(3)
    states = (np.arange(6000) // 150) % 2
    widths = np.array([0.5, 2.0])[states] * np.sqrt(5 / rng.chisquare(5, 6000))
    values = rng.normal(size=(6000, 2)) * widths[:, None]
    model = GaussianHMM(2, "full", emission="student_t", n_init=4).fit(values)
    np.testing.assert_allclose(model.dofs_, 5, rtol=0.3)
    np.testing.assert_allclose(np.sqrt(model.covars_[:, 0, 0]), [0.5, 2.0], rtol=0.05)
    np.testing.assert_allclose(model.volatilities(), np.array([0.5, 2]) * np.sqrt(5 / 3), rtol=0.1)
    assert (model.filter(values).argmax(axis=1) == states).mean() > 0.97
    assert model.n_parameters() == GaussianHMM(2, "full").fit(values).n_parameters() + 2
    assert model.bic(values) < GaussianHMM(2, "full").fit(values).bic(values)
    turned = model.clone().fit(values, start=model).reorder([1, 0])
    np.testing.assert_allclose(turned.dofs_, model.dofs_[::-1], rtol=1e-2)


def test_a_start_of_the_other_family_keeps_means_and_covariances(X, model):
    student = GaussianHMM(3, emission="student_t", n_iter=1).fit(X, start=model)
    assert student.dofs_.shape == (3,)
    assert student.history_[0] == pytest.approx(model.score(X) / len(X), abs=0.05)
    gaussian = GaussianHMM(3, n_iter=1).fit(X, start=student)
    assert gaussian.dofs_ is None
    np.testing.assert_allclose(gaussian.means_, model.means_, atol=0.2)
    with pytest.raises(ValueError, match=r"dofs are \[1\.0, 5\.0\]; expected 2 numbers from 2.1"):
        GaussianHMM(2, emission="student_t").fit(
            X, start={**start_of(2, 2, 0, "full"), "dofs": [1.0, 5.0]}
        )


def test_going_on_from_a_model_keeps_its_order(X, model):
    turned = GaussianHMM(3).fit(X, start=model).reorder([2, 1, 0])
    again = GaussianHMM(3).fit(X, start=turned)
    np.testing.assert_allclose(again.means_, model.means_[::-1], atol=1e-2)
    assert again.n_iter_ < 30


def test_settings_follow_scikit_learn_conventions(model):
    assert model.clone().get_params() == model.get_params()
    assert not hasattr(model.clone(), "means_")
    assert model.clone().set_params(n_init=2).n_init == 2
    assert "n_components=3" in repr(model)
    with pytest.raises(ValueError, match="unknown setting 'states'"):
        model.clone().set_params(states=2)


@pytest.mark.parametrize(
    ("settings", "message"),
    [
        ({"n_components": 0}, "n_components must be an integer >= 1, found 0"),
        ({"n_components": 2.5}, "n_components must be an integer"),
        ({"covariance_type": "fuull"}, "unknown covariance_type 'fuull'; use one of"),
        ({"emission": "cauchy"}, "unknown emission 'cauchy'; use one of"),
        ({"n_jobs": 0}, "n_jobs must be an integer >= 1, or -1 for all cores, found 0"),
        ({"n_init": 0}, "n_init must be an integer >= 1"),
        ({"sticky": -1.0}, "sticky must be a number >= 0"),
        ({"tol": float("nan")}, "tol must be a number >= 0"),
    ],
)
def test_unusable_settings_are_named(X, settings, message):
    with pytest.raises(ValueError, match=message):
        GaussianHMM(**settings).fit(X)


def _with(X, column, value):
    changed = X.copy()
    changed[7, column] = value
    return changed


@pytest.mark.parametrize(
    ("change", "message"),
    [
        (lambda X: X[:22], "22 rows cannot fit 23 parameters; give more bars"),
        (lambda X: np.c_[X[:, 0], np.full(len(X), 3.0)], r"column 1 is constant \(3.0\)"),
        (lambda X: np.c_[X[:, 0], 2 * X[:, 0] - 1], r"columns \[0, 1\] are collinear"),
        (lambda X: _with(X, 1, np.nan), "nan in row 7, column 1; drop warm-up rows"),
        (lambda X: _with(X, 0, np.inf), "inf in row 7, column 0"),
        (lambda X: X[:0], r"shape \(0, 2\)"),
        (lambda X: X[None], r"shape \(1, 900, 2\)"),
    ],
)
def test_unusable_observations_are_named(X, change, message):
    with pytest.raises(ValueError, match=message):
        GaussianHMM(3).fit(change(X))


def test_messages_use_the_column_names_of_a_frame(X):
    frame = pl.DataFrame(_with(X, 1, np.nan), schema=["close_logret", "log_halfrange"])
    with pytest.raises(ValueError, match="nan in row 7, column 'log_halfrange'"):
        GaussianHMM(3).fit(frame)
    flat = frame.with_columns(log_halfrange=pl.lit(0.5))
    with pytest.raises(ValueError, match="column 'log_halfrange' is constant"):
        GaussianHMM(3).fit(flat)


def test_another_width_is_refused(X, model):
    with pytest.raises(ValueError, match="have 1 columns, the model was fitted on 2"):
        model.filter(X[:, :1])


@pytest.mark.parametrize("lengths", [[100, 100], [900, 0], [], [1000, -100]])
def test_lengths_must_sum_to_the_rows(X, lengths):
    with pytest.raises(ValueError, match="the observations have 900 rows"):
        GaussianHMM(2).fit(X, lengths)


@pytest.mark.parametrize(
    "use",
    [
        lambda m, X: m.filter(X), lambda m, X: m.smooth(X), lambda m, X: m.decode(X),
        lambda m, X: m.score(X), lambda m, X: m.bic(X), lambda m, X: m.online(),
        lambda m, X: m.to_state(), lambda m, X: m.to_hmmlearn(), lambda m, X: m.n_parameters(),
    ],
)  # fmt: skip
def test_an_unfitted_model_says_so(X, use):
    with pytest.raises(NotFittedError, match="not fitted; call fit"):
        use(GaussianHMM(2), X)


@pytest.mark.parametrize(
    ("entry", "value", "message"),
    [
        ("startprob", [0.5, 0.6], "startprob must be non-negative and sum to 1"),
        ("transmat", np.eye(3), r"transmat has shape \(3, 3\), expected \(2, 2\)"),
        ("means", [[0.0], [1.0]], r"means have shape \(2, 1\)"),
        ("covars", [[1.0, -1.0], [1.0, 1.0]], "not positive definite"),
        ("means", None, "start parameters lack"),
    ],
)
def test_an_unusable_start_is_refused(X, entry, value, message):
    start = {**start_of(2, 2, 0, "diag"), entry: value}
    if value is None:
        del start[entry]
    with pytest.raises(ValueError, match=message):
        GaussianHMM(2, "diag").fit(X, start=start)


@pytest.mark.parametrize("start", [3, [1, 2], JumpModel(2), np.eye(2)])
def test_a_start_of_another_class_is_refused(X, start):
    message = f"start is a {type(start).__name__}; give a fitted GaussianHMM, a mapping with startp"
    with pytest.raises(ValueError, match=message):
        GaussianHMM(2).fit(X, start=start)
