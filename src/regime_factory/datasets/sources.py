"""Where raw bars come from, and what is known about the run that reads them."""

import subprocess  # nosec B404
from datetime import UTC, datetime
from importlib.metadata import PackageNotFoundError, version
from pathlib import Path
from typing import TYPE_CHECKING, Any

import polars as pl
from kedro.io import AbstractDataset, DatasetError

if TYPE_CHECKING:
    from regime_factory.bars import SourceFiles

EMBEDDED = "embedded"
LIBRARIES = (
    "arch", "hmmlearn", "kedro", "kedro-datasets", "kedro-viz", "numba", "numpy",
    "pandera", "plotly", "polars", "pydantic", "scikit-learn", "scipy",
)  # fmt: skip


class BarsSource(AbstractDataset[None, "pl.DataFrame | SourceFiles | None"]):
    """Raw rows as their files have them: CSV, CSV.gz or Parquet, or the embedded indices.

    Parameters
    ----------
    source
        A file, a folder or a pattern, relative to the working directory or absolute, or
        ``embedded`` for the S&P 500 and NASDAQ daily bars that ship inside the ``arch`` package;
        ``None`` where none is named.
    setting
        Name of the setting that gives ``source``, for error messages.
    optional
        Whether a source that is not named loads as None instead of being an error.
    in_memory_rows
        A source with more rows is loaded as `SourceFiles`, to be read piece by piece; None reads
        every source whole.
    metadata
        Free-form declarations.
    """

    def __init__(
        self,
        *,
        source: str | None,
        setting: str = "bars_path",
        optional: bool = False,
        in_memory_rows: int | None = None,
        metadata: dict[str, Any] | None = None,
    ) -> None:
        self.source = source
        self.setting = setting
        self.optional = optional
        self.in_memory_rows = in_memory_rows
        self.metadata = metadata

    def sha256(self) -> str | None:
        """Hash what the source holds, as `SourceFiles.sha256` does.

        Returns
        -------
        str or None
            SHA-256 in hexadecimal; None where no source is named.
        """
        return self._files().sha256() if self._is_named() else None

    def load(self) -> "pl.DataFrame | SourceFiles | None":
        """Read the files, or only find them where they are large; cells are not interpreted."""
        if not self._is_named():
            return None
        files = self._files()
        if self.in_memory_rows is not None and files.count_rows() > self.in_memory_rows:
            return files
        return files.read()

    def _is_named(self) -> bool:
        return self.source is not None or not self.optional

    def _files(self) -> "SourceFiles":
        from regime_factory.bars import embedded_source, find_source

        if self.source is None:
            raise DatasetError(
                f"no file of bars was named; give one with --params {self.setting}=FILE"
            )
        if self.source == EMBEDDED:
            return embedded_source()
        return find_source(Path(self.source).expanduser())

    def save(self, data: None) -> None:  # noqa: ARG002 - the signature is Kedro's
        """Refuse: raw data are read, never written."""
        raise DatasetError(f"{self.source} is raw data and is only read")

    def _exists(self) -> bool:
        return True  # `load` says better than a missing input what is wrong with the source

    def _describe(self) -> dict[str, Any]:
        return {"source": self.source}


class SimulatedBars(AbstractDataset[None, pl.DataFrame]):
    """Raw bars of a simulated market with known regimes, the same on every load.

    Parameters
    ----------
    settings
        Keyword arguments of `regime_factory.simulate.simulate_market`.
    metadata
        Free-form declarations.
    """

    def __init__(self, *, settings: dict[str, Any], metadata: dict[str, Any] | None = None) -> None:
        self.settings = settings
        self.metadata = metadata

    def load(self) -> pl.DataFrame:
        """Simulate the bars and give them as a plain source table."""
        from regime_factory.simulate import simulate_market

        return simulate_market(**self.settings).bars.drop("timeframe", "n_base")

    def save(self, data: None) -> None:  # noqa: ARG002 - the signature is Kedro's
        """Refuse: the simulation is defined by its settings."""
        raise DatasetError("simulated bars are defined by their settings and are only read")

    def _exists(self) -> bool:
        return True

    def _describe(self) -> dict[str, Any]:
        return dict(self.settings)


class RunContext(AbstractDataset[None, dict[str, Any]]):
    """When, with which code and with which libraries this run happens."""

    def __init__(self, *, env: str, metadata: dict[str, Any] | None = None) -> None:
        self.env = env
        self.metadata = metadata

    def load(self) -> dict[str, Any]:
        """Describe the run."""
        return {
            "env": self.env,
            "run_time": datetime.now(UTC).isoformat(timespec="seconds"),
            **code_version(),
        }

    def save(self, data: None) -> None:  # noqa: ARG002 - the signature is Kedro's
        """Refuse: the context is observed, not stored."""
        raise DatasetError("the run context is observed and cannot be saved")

    def _exists(self) -> bool:
        return True

    def _describe(self) -> dict[str, Any]:
        return {"env": self.env}


def code_version() -> dict[str, Any]:
    """Git revision, whether it has uncommitted changes, and library versions."""
    revision = _git("rev-parse", "HEAD")
    return {
        "git_revision": revision,
        "git_dirty": bool(_git("status", "--porcelain")) if revision else None,
        "package_version": _installed("regime_factory"),
        "libraries": {name: _installed(name) for name in LIBRARIES},
    }


def _git(*arguments: str) -> str | None:
    """Output of a git command in the project, or None where git or a repository is missing."""
    folder = Path(__file__).resolve().parent
    try:
        done = subprocess.run(  # nosec B603 B607
            ["git", *arguments], cwd=folder, capture_output=True, text=True, check=True, timeout=10
        )
    except (OSError, subprocess.SubprocessError):
        return None
    return done.stdout.strip()


def _installed(name: str) -> str | None:
    try:
        return version(name)
    except PackageNotFoundError:
        return None
