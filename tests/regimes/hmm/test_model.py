"""The model as a user meets it: invariances, bad input, order of states, scores."""

import numpy as np
import polars as pl
import pytest

from regime_factory.regimes import GaussianHMM, NotFittedError, adjusted_rand

from ..worlds import TRUTH, simulate, start_of


@pytest.fixture(scope="module", name="X")
def observations():
    return simulate(TRUTH[3], 900, 11)[0]


@pytest.fixture(scope="module")
def model(X):
    return GaussianHMM(3, "full", n_init=4).fit(X)


@pytest.mark.parametrize("kind", ["diag", "full", "tied"])
@pytest.mark.parametrize(("scale", "offset"), [(1e-3, 0.0), ([1e4, 1e-4], 0.0), (1.0, 1e8)])
def test_units_and_offsets_do_not_matter(X, kind, scale, offset):
    settings = {"n_init": 3, "sticky": 0.5}
    plain = GaussianHMM(3, kind, **settings).fit(X)
    moved = GaussianHMM(3, kind, **settings).fit(X * np.asarray(scale) + offset)
    # An offset of 1e8 leaves eight digits of the data itself.
    atol = 1e-4 if offset else 1e-8
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
