"""The ledger of trials as Kedro datasets: saving appends, nothing is ever replaced."""

from pathlib import Path
from typing import Any

import polars as pl
from kedro.io import AbstractDataset, DatasetError
from kedro_datasets._typing import TablePreview

from regime_factory.datasets.artifacts import PREVIEW_ROWS
from regime_factory.datasets.sources import code_version
from regime_factory.evaluation import TrialLedger


class _LedgerDataset(AbstractDataset[pl.DataFrame, pl.DataFrame]):
    """What both datasets of a ledger share.

    Parameters
    ----------
    filepath
        The ledger's file of lines; several entries of the catalog may name the same one.
    source
        Load, and accept, trials of this source alone; None for all.
    metadata
        Free-form declarations.
    """

    def __init__(
        self,
        *,
        filepath: str,
        source: str | None = None,
        metadata: dict[str, Any] | None = None,
    ) -> None:
        self._filepath = Path(filepath)
        self.source = source
        self.metadata = metadata

    def ledger(self) -> TrialLedger:
        """Open the ledger for the code that runs now."""
        return TrialLedger(self._filepath, code=code_version())

    def problem(self) -> str | None:
        """Say why the ledger cannot be read, before a run does work that it could not log."""
        try:
            TrialLedger(self._filepath).read()
        except OSError as error:
            return f"{self._filepath} cannot be read ({error.strerror}); it has to be a file"
        except ValueError as error:
            return str(error)
        return None

    def _exists(self) -> bool:
        return not TrialLedger(self._filepath).read(self.source).is_empty()

    def _describe(self) -> dict[str, Any]:
        return {"filepath": str(self._filepath), "source": self.source}


class TrialsDataset(_LedgerDataset):
    """Trials as a table: loading gives all that were ever logged, saving adds those that are new.

    Parameters
    ----------
    filepath, source, metadata
        As every dataset of a ledger.
    """

    def load(self) -> pl.DataFrame:
        """Read the trials, the oldest first."""
        return TrialLedger(self._filepath).read(self.source)

    def save(self, data: pl.DataFrame) -> None:
        """Log the trials of a table of `regime_factory.evaluation.trial_table`."""
        others = set(data["source"]) - {self.source}
        if self.source is not None and others:
            raise DatasetError(
                f"this entry keeps trials of {self.source!r}, found some of {sorted(others)}"
            )
        self.ledger().store_trials(data)

    def preview(self, nrows: int = PREVIEW_ROWS) -> TablePreview:
        """Give the latest trials to Kedro-Viz."""
        return _preview(self.load().tail(nrows))


class TrialReturnsDataset(_LedgerDataset):
    """Returns of the trials that trade; they count from the line of their trial on.

    Parameters
    ----------
    filepath, source, metadata
        As every dataset of a ledger.
    """

    def load(self) -> pl.DataFrame:
        """Read the returns of all logged trials that trade."""
        ledger = TrialLedger(self._filepath)
        return ledger.returns(None if self.source is None else _ids(ledger.read(self.source)))

    def save(self, data: pl.DataFrame) -> None:
        """Store returns of `regime_factory.evaluation.returns_table`, before their trials."""
        self.ledger().store_returns(data)

    def preview(self, nrows: int = PREVIEW_ROWS) -> TablePreview:
        """Give the first returns of the latest trial that trades to Kedro-Viz."""
        ledger = TrialLedger(self._filepath)
        trades = ledger.read(self.source).filter(pl.col("returns").is_not_null())
        return _preview(ledger.returns(_ids(trades.tail(1))).head(nrows))


def _ids(trials: pl.DataFrame) -> list[str]:
    return trials["trial_id"].to_list()


def _preview(table: pl.DataFrame) -> TablePreview:
    plain = table.with_columns(pl.selectors.temporal().cast(pl.String))
    rows = [list(row) for row in plain.rows()]
    return TablePreview({"index": list(range(len(rows))), "columns": plain.columns, "data": rows})
