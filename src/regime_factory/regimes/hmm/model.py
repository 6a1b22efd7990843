"""The Gaussian hidden Markov model of the room: settings, fit, saving and interchange."""

from collections.abc import Mapping, Sequence
from typing import TYPE_CHECKING, Any, Self

import numpy as np
from numpy.typing import ArrayLike, NDArray

from regime_factory.regimes.hmm import hmmlearn_models, interchange
from regime_factory.regimes.hmm.emission import count_parameters
from regime_factory.regimes.hmm.fitting import Training, fit_parameters
from regime_factory.regimes.hmm.parameters import DEFAULT_DOF, HMMParameters
from regime_factory.regimes.hmm.results import GaussianHMMResults
from regime_factory.regimes.inputs import check_start
from regime_factory.regimes.validation import (
    NotFittedError,
    centre,
    check_lengths,
    check_observations,
    check_settings,
    check_training_moments,
    column_names,
    named_columns,
)

if TYPE_CHECKING:
    from hmmlearn.hmm import GaussianHMM as HmmlearnGaussianHMM

Matrix = NDArray[np.float64]


class GaussianHMM(GaussianHMMResults):
    """Hidden Markov model with Gaussian or Student-t emission, fitted by EM and used causally.

    Parameters
    ----------
    n_components : int
        Number of states K.
    covariance_type : {"full", "diag", "spherical", "tied"}
        Covariance structure. Spherical means one variance per state in the user's units.
    emission : {"gaussian", "student_t"}
        Emission family; Student-t learns each state's degrees of freedom, within 2.1 and 200.
    n_init : int
        Starts drawn when ``fit`` gets none: clustered, scattered and with random transitions, in
        turn. All take 20 EM steps, 8 of 30 (in proportion, at least 4) go on for 40, the best 2 of
        those to the end. A run whose emptiest state expects fewer than 0.5 % of the bars, or than
        2 (F + 1) bars, loses to every run without such a state.
    n_iter : int
        Largest number of E-steps of a run.
    tol : float
        Gain of the objective by an EM step, in nats per bar, below which the fit has converged.
    sticky : float
        Pseudo-counts on each diagonal transition, as a fraction of T/K.
    shrinkage : float
        Pseudo-bars of the training covariance added to each state; keeps states from collapsing.
    random_state : int
        Seed of the starts.
    n_jobs : int
        Threads that share the starts, -1 for all cores; results are the same for every number.

    Attributes
    ----------
    startprob_ : ndarray, shape (K,)
    transmat_ : ndarray, shape (K, K)
    means_ : ndarray, shape (K, F)
        In the user's units.
    covars_ : ndarray
        ``(K,)`` spherical, ``(K, F)`` diag, ``(K, F, F)`` full, ``(F, F)`` tied; user's units.
        Covariances of a Gaussian; of a Student-t the scale matrices, nu / (nu - 2) times smaller.
    dofs_ : ndarray, shape (K,), or None
        Degrees of freedom nu of Student-t emission; None for Gaussian emission.
    offset_, scale_ : ndarray, shape (F,)
        Centre and spread of the training observations, used inside the fit.
    converged_ : bool
        True only if the last gain was non-negative and below ``tol``.
    n_iter_ : int
        Steps taken, extrapolated ones included, dropped ones not.
    history_ : ndarray
        Penalised log-likelihood per bar at the start and after each step; it never falls.
    loglik_ : float
        Log-likelihood of the training observations, without priors.
    hit_rate_ : float
        Share of the runs that took 60 steps whose objective came within 0.0005 nats per bar of
        the best of them; low where other starts may find another optimum. 1 with a given start.
    n_rows_ : int
        Rows the model was fitted on.
    n_features_in_ : int
        Number of columns F.
    feature_names_in_ : ndarray of str, shape (F,)
        Column names, only where the model was fitted on a frame.

    Notes
    -----
    Baum et al. (1970), Hamilton (1989); Student-t by ECM with expanded precisions (Liu, Rubin and
    Wu 1998), last steps accelerated (Varadhan and Roland 2008). The objective is the
    log-likelihood plus the log densities of a Dirichlet prior (``sticky``) and of inverse-Wishart
    priors (``shrinkage``). Observations are standardised inside, so results do not depend on units
    or offsets. ``smooth`` and ``decode`` look ahead; only ``filter`` is causal.

    Examples
    --------
    >>> rng = np.random.default_rng(0)
    >>> X = np.concatenate([rng.normal(0, 0.01, 300), rng.normal(0, 0.04, 200)])
    >>> model = GaussianHMM(2, n_init=3).fit(X)
    >>> np.sqrt(model.covars_).ravel().round(2).tolist()
    [0.01, 0.04]
    >>> bool(model.filter(X)[-1].argmax() == 1)
    True
    """

    offset_: Matrix
    scale_: Matrix
    history_: Matrix
    converged_: bool
    n_iter_: int
    loglik_: float
    hit_rate_: float
    n_rows_: int
    feature_names_in_: NDArray[np.object_]

    def __init__(
        self,
        n_components: int = 2,
        covariance_type: str = "full",
        *,
        emission: str = "gaussian",
        n_init: int = 30,
        n_iter: int = 500,
        tol: float = 1e-7,
        sticky: float = 0.0,
        shrinkage: float = 1.0,
        random_state: int = 0,
        n_jobs: int = 1,
    ) -> None:
        self.n_components = n_components
        self.covariance_type = covariance_type
        self.emission = emission
        self.n_init = n_init
        self.n_iter = n_iter
        self.tol = tol
        self.sticky = sticky
        self.shrinkage = shrinkage
        self.random_state = random_state
        self.n_jobs = n_jobs

    def fit(
        self,
        X: ArrayLike,
        lengths: Sequence[int] | None = None,
        start: "GaussianHMM | Mapping[str, ArrayLike] | None" = None,
    ) -> Self:
        """Fit by EM.

        Parameters
        ----------
        X : array_like, shape (T, F)
            Observations; a frame's column names appear in messages.
        lengths : sequence of int, optional
            Rows of each independent sequence.
        start : GaussianHMM or mapping, optional
            Fitted model, or ``startprob, transmat, means, covars`` (and ``dofs``), to go on from;
            then no starts are drawn and the states keep their order. The first 20 EM steps are
            plain, from a fitted model the first 3, or 5 for Student-t. Drawn starts end ordered
            by the standard deviation of the first column, calmest first.

        Returns
        -------
        self

        Raises
        ------
        ValueError
            For unusable settings or observations.
        """
        check_settings(self.get_params())
        names = column_names(X)
        values = check_observations(X, names=names, squares=True)
        parts = check_lengths(lengths, len(values))
        n_free = count_parameters(
            self.covariance_type, self.n_components, values.shape[1], self.emission
        )
        training = Training(*centre(values))
        check_training_moments(values, training.offset, training.covariance, n_free, names)
        result = fit_parameters(
            training,
            parts,
            n_components=self.n_components,
            covariance_type=self.covariance_type,
            emission=self.emission,
            start=None if start is None else self._start_parameters(start, values.shape[1]),
            refit=isinstance(start, GaussianHMM),
            n_init=self.n_init,
            n_iter=self.n_iter,
            tol=self.tol,
            sticky=self.sticky,
            shrinkage=self.shrinkage,
            seed=self.random_state,
            n_jobs=self.n_jobs,
        )
        self.set_parameters(result.parameters)
        self.offset_, self.scale_ = result.scaler.offset, result.scaler.scale
        self.history_, self.loglik_ = result.history, result.loglik
        self.converged_, self.hit_rate_ = result.converged, result.hit_rate
        self.n_iter_, self.n_rows_ = len(result.history) - 1, len(values)
        self._remember_columns(named_columns(X))
        if start is None:
            self.reorder(np.argsort(self.volatilities(), kind="stable"))
        return self

    def _remember_columns(self, names: Sequence[str] | None) -> None:
        """Keep the column names of a frame, under the name scikit-learn gives them."""
        if names is not None:
            self.feature_names_in_ = np.array(names, dtype=object)
        elif hasattr(self, "feature_names_in_"):  # of an earlier fit
            del self.feature_names_in_

    def objective(self) -> float:
        """Return the penalised log-likelihood per bar of the training observations.

        Returns
        -------
        float
            Nats.

        Raises
        ------
        NotFittedError
            Before the fit, and for parameters that were not fitted here.
        """
        self._check_fitted()
        if not hasattr(self, "history_"):
            raise NotFittedError(
                "this GaussianHMM got its parameters from elsewhere and has no training objective; "
                "score(X) gives the log-likelihood of observations"
            )
        return float(self.history_[-1])

    def to_state(self) -> dict[str, Any]:
        """Return settings and fitted attributes as plain values and arrays.

        Returns
        -------
        dict
            See :func:`regime_factory.regimes.hmm.interchange.model_state`.
        """
        self._check_fitted()
        return interchange.model_state(self)

    @classmethod
    def from_state(cls, state: Mapping[str, Any]) -> Self:
        """Rebuild a model saved with :meth:`to_state`; it predicts identically.

        Parameters
        ----------
        state : mapping
            Saved state.

        Returns
        -------
        GaussianHMM

        Raises
        ------
        ValueError
            For a damaged state or one written by a newer version.
        """
        return interchange.restore_model(cls, state)

    def to_hmmlearn(self) -> "HmmlearnGaussianHMM":
        """Return an hmmlearn model with the same parameters.

        Returns
        -------
        hmmlearn.hmm.GaussianHMM

        Raises
        ------
        ValueError
            For Student-t emission, which hmmlearn does not have.
        """
        self._check_fitted()
        return hmmlearn_models.to_hmmlearn(self)

    @classmethod
    def from_hmmlearn(cls, model: "HmmlearnGaussianHMM") -> Self:
        """Return a model with the parameters of a fitted hmmlearn model.

        Parameters
        ----------
        model : hmmlearn.hmm.GaussianHMM
            Fitted model.

        Returns
        -------
        GaussianHMM

        Raises
        ------
        ValueError
            For another class of hmmlearn, or a model that is not fitted.
        """
        return hmmlearn_models.from_hmmlearn(cls, model)

    def _start_parameters(
        self, start: "GaussianHMM | Mapping[str, ArrayLike]", n_features: int
    ) -> HMMParameters:
        if not isinstance(start, HMMParameters):
            check_start(start, GaussianHMM, interchange.REQUIRED)
        if isinstance(start, GaussianHMM):
            given = start.parameters()
            alike = start.covariance_type == self.covariance_type
            if alike and given.means.shape == (self.n_components, n_features):
                return given.with_emission(self.emission, DEFAULT_DOF)  # checked when it was made
            start = vars(given)
        return interchange.checked_parameters(
            start, self.covariance_type, self.n_components, n_features, self.emission
        )
