"""Choosing a model: the rule, the table, and that later rows do not reach a cell."""

import numpy as np
import polars as pl
import pytest

from regime_factory.regimes import GaussianHMM, select_hmm
from regime_factory.regimes.choice.criteria import CRITERIA
from regime_factory.regimes.choice.grid import TABLE
from regime_factory.regimes.choice.identification import identification

from ..worlds import TRUTH, simulate

QUICK = {"n_init": 3, "n_iter": 100, "tol": 1e-6}


@pytest.fixture(scope="module", name="X")
def observations():
    return simulate(TRUTH[2], 1500, 0)[0]


@pytest.fixture(scope="module")
def selection(X):
    frame = pl.DataFrame(X, schema=["close_logret_current_1D", "log_halfrange_current_1D"])
    return select_hmm(frame, n_states=(1, 2, 3), profile_n_states=(4,), **QUICK)


def test_the_table_holds_every_cell(selection):
    table = selection.table
    assert table.columns == list(TABLE)
    assert table.height == 6
    assert table["selected"].sum() == 1
    assert table.filter("selected")["bic"][0] == table["bic"].min()
    assert table.filter("selected")["n_states"][0] == 2
    expected = table.select(
        (pl.col("n_parameters") * np.log(1050) - 2 * pl.col("loglik_train")).alias("bic")
    )
    np.testing.assert_allclose(table["bic"], expected["bic"])
    assert selection.profile["n_states"].to_list() == [4, 4]
    assert not selection.profile["selected"].any()


def test_the_chosen_model_is_fitted_on_all_rows(X, selection):
    model = selection.model
    assert model.n_rows_ == 1500
    assert (np.diff(model.volatilities()) > 0).all()
    assert selection.config["n_states"] == model.n_components
    assert selection.config["feature_names"][0] == "close_logret_current_1D"
    assert selection.config["occupancy_ok"]


def test_validation_is_the_filtered_likelihood_after_the_training_rows(X, selection):
    row = selection.table.filter("selected").row(0, named=True)
    config = selection.config
    cell = GaussianHMM(2, row["covariance_type"], sticky=0.5, **QUICK).fit(X[:1050])
    assert config["n_train"] == 1050
    assert row["loglik_train"] == pytest.approx(cell.score(X[:1050]), rel=1e-12)
    after = cell.score(X) - cell.score(X[:1050])
    assert row["loglik_validation"] == pytest.approx(after, rel=1e-9)


def test_cells_do_not_see_validation_rows(X, selection):
    changed = X.copy()
    changed[1050:] = np.random.default_rng(5).normal(size=(450, 2)) * 7
    other = select_hmm(changed, n_states=(1, 2, 3), **QUICK)
    later = ["loglik_validation", "heldout_per_bar"]
    columns = [name for name in TABLE if name not in later]
    assert other.table.select(columns).equals(selection.table.select(columns))
    assert other.table["loglik_validation"].max() < selection.table["loglik_validation"].min()


def test_every_criterion_reads_its_own_column(X):
    """Validation rows of another kind: the criteria part, the cells stay what they are."""
    grid = {"n_states": (1, 2, 3), "covariance_types": ("diag",), "emissions": ("gaussian",)}
    by = {name: select_hmm(X, criterion=name, **grid, **QUICK) for name in CRITERIA}
    table = by["bic"].table
    for name, column, best in (
        ("bic", "bic", "min"),
        ("icl", "icl", "min"),
        ("heldout", "heldout_per_bar", "max"),
    ):
        own = by[name]
        assert own.table.drop("selected").equals(table.drop("selected"))
        assert own.table.filter("selected")[column].item() == getattr(table[column], best)()
        assert own.config["criterion"] == name
        assert own.model.n_components == own.config["n_states"]
    assert by["stable"].config["met"]


def test_student_t_cells_compete_with_gaussian_ones():
    rng = np.random.default_rng(4)
    wild = np.repeat([1.0, 3.0] * 4, 150)[:, None]
    heavy = rng.standard_t(3, size=(1200, 1)) * wild
    chosen = select_hmm(
        heavy, n_states=(2,), covariance_types=("diag",), emissions=("gaussian", "student_t"),
        profile_n_states=(3,), **QUICK,
    )  # fmt: skip
    assert chosen.config["emission"] == chosen.model.emission == "student_t"
    assert chosen.profile["emission"].to_list() == ["gaussian", "student_t"]
    assert chosen.table["emission"].to_list() == ["gaussian", "student_t"]


def test_the_outcome_does_not_depend_on_threads(X):
    settings = {"n_states": (2, 3), "profile_n_states": (4,), **QUICK}
    one, two = (select_hmm(X, n_jobs=n, **settings) for n in (1, 2))
    assert one.table.equals(two.table)
    assert one.profile.equals(two.profile)
    assert one.config == two.config
    first, second = one.model.to_state(), two.model.to_state()
    assert first["settings"] == second["settings"]
    for name, array in first["arrays"].items():
        np.testing.assert_array_equal(array, second["arrays"][name])


def test_the_sentence_about_the_number_of_states_is_in_the_configuration(selection):
    assert selection.config["identified"] == selection.identified
    cells = [*selection.table.to_dicts(), *selection.profile.to_dicts()]
    assert selection.identified == identification(cells)
    assert selection.identified["best"]["bic"] == 2


def test_sequences_of_their_own(X):
    """Rows given as two sequences: the training rows are the first ones of each."""
    chosen = select_hmm(X, lengths=[900, 600], n_states=(2,), covariance_types=("diag",), **QUICK)
    assert chosen.config["n_train"] == 630 + 420
    model = GaussianHMM(2, "diag", sticky=0.5, random_state=0, **QUICK).fit(X, [900, 600])
    np.testing.assert_array_equal(chosen.model.means_, model.means_)


def test_progress_sees_every_cell(X):
    seen = []

    def progress(cells):
        seen.extend(cells)
        return iter(cells)

    select_hmm(X, n_states=(1, 2), covariance_types=("diag",), progress=progress, **QUICK)
    assert [cell.n_states for cell in seen] == [1, 2]


@pytest.mark.parametrize(
    ("settings", "message"),
    [
        ({"n_states": ()}, "the grid is empty"),
        ({"covariance_types": ()}, "the grid is empty"),
        ({"emissions": ()}, "the grid is empty"),
        ({"criterion": "aic"}, "unknown criterion 'aic'"),
        ({"train_fraction": 1.0}, "train_fraction must lie between 0 and 1"),
        ({"n_states": (0, 2)}, "n_components must be an integer >= 1"),
        ({"covariance_types": ("round",)}, "unknown covariance_type 'round'"),
    ],
)
def test_unusable_settings_are_named(X, settings, message):
    with pytest.raises(ValueError, match=message):
        select_hmm(X, **settings)


def test_too_few_bars_for_the_states_are_named(X):
    with pytest.raises(ValueError, match="14 rows cannot fit 20 parameters"):
        select_hmm(X[:20], n_states=(3,), covariance_types=("diag",))


def test_returns_order_the_states_whatever_the_column_order():
    X = simulate(TRUTH[3], 900, 5)[0]
    swapped = X[:, ::-1].copy()
    choice = select_hmm(
        swapped, returns=X[:, 0], n_states=(3,), covariance_types=("diag",), n_init=4
    )
    volatility = np.sqrt(choice.model.parameters().covars[:, 1, 1])
    assert (np.diff(volatility) > 0).all()
    assert choice.config["state_names"] == ["Calm", "Choppy", "Stress"]
