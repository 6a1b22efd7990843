"""Returns of trials that trade: one Parquet file for each trial, whole or not there."""

from collections.abc import Iterable
from pathlib import Path

import polars as pl

from regime_factory.evaluation.trial_file import make_folder, sync
from regime_factory.evaluation.trial_record import (
    RETURN_COLUMNS,
    RETURNS_TABLE,
    as_return_table,
    hash_of_returns,
)

_UNFINISHED = ".unfinished"


class ReturnFiles:
    """The returns of trials by ``trial_id``, in one folder.

    Parameters
    ----------
    folder : Path
        It need not exist yet.

    Notes
    -----
    Whoever writes holds the lock of the ledger, so one name is enough for the unfinished file: what
    a killed writer leaves there, the next one writes over.
    """

    def __init__(self, folder: Path) -> None:
        self.folder = folder

    def place(self, trial_id: str) -> Path:
        """Name the file of a trial.

        Parameters
        ----------
        trial_id : str

        Returns
        -------
        Path
        """
        return self.folder / trial_id[:2] / f"{trial_id}.parquet"

    def write(self, trial_id: str, returns: pl.DataFrame) -> None:
        """Store the returns of a trial, if they are not there yet.

        Parameters
        ----------
        trial_id : str
        returns : polars.DataFrame
            ``ts, ret``.

        Raises
        ------
        ValueError
            For stamps that do not ascend or returns that are not finite.
        """
        place = self.place(trial_id)
        if place.exists():
            return
        table = as_return_table(returns)
        make_folder(place.parent)
        aside = self.folder / _UNFINISHED
        table.write_parquet(aside)
        sync(aside)
        aside.replace(place)
        sync(place.parent)

    def read(self, hashes: Iterable[tuple[str, str]]) -> pl.DataFrame:
        """Read the returns of some trials.

        Parameters
        ----------
        hashes : iterable of (str, str)
            Each trial and the hash that its line has of the returns.

        Returns
        -------
        polars.DataFrame
            ``trial_id, ts, ret``.

        Raises
        ------
        ValueError
            If a file is missing, damaged, or holds other returns.
        """
        parts = [
            self._read_one(trial_id, expected).select(
                pl.lit(trial_id).alias("trial_id"), *RETURN_COLUMNS
            )
            for trial_id, expected in hashes
        ]
        return pl.concat([pl.DataFrame(schema=RETURNS_TABLE), *parts])

    def _read_one(self, trial_id: str, expected: str) -> pl.DataFrame:
        place = self.place(trial_id)
        advice = "restore it from a backup, or remove it and run that trial again"
        try:
            table = pl.read_parquet(place).select(list(RETURN_COLUMNS))
        except (OSError, pl.exceptions.PolarsError) as error:
            raise ValueError(
                f"the returns of trial {trial_id} cannot be read from {place} ({error}); {advice}"
            ) from error
        if hash_of_returns(table) != expected:
            raise ValueError(
                f"{place} does not hold the returns that trial {trial_id} was logged with; {advice}"
            )
        return table
