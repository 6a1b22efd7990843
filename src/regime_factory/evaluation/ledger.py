"""The ledger of all trials: append-only, shared by processes, safe to kill."""

import json
import os
import time
from collections.abc import Iterable, Mapping, Sequence
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

import polars as pl

from regime_factory.evaluation.trial_file import LineFile, append, read_from
from regime_factory.evaluation.trial_record import (
    RETURN_COLUMNS,
    TRIAL_TABLE,
    Trial,
    as_json,
    id_of,
    records_of,
)
from regime_factory.evaluation.trial_returns import ReturnFiles

FORMAT_VERSION = 1
RETURNS_WAIT = 10.0  # seconds: another thread may be storing the returns of the same trials
CODE = {"git_revision": pl.String, "git_dirty": pl.Boolean, "package_version": pl.String}
LEDGER_TABLE = {**TRIAL_TABLE, "time": pl.Datetime("us", "UTC"), **CODE}
"""Columns of the ledger as a table."""


class TrialLedger:
    """Trials that were run, one line of JSON for each.

    Parameters
    ----------
    path : Path or str
        The file of lines; returns of trials that trade are stored in the folder `returns` beside
        it. Neither need exist.
    code : mapping, optional
        ``git_revision``, ``git_dirty`` and ``package_version`` of the code that runs the trials.
    timeout : float
        Seconds to wait for another process that writes.

    Notes
    -----
    Returns are stored first and their line last: a trial counts from its line on, and its line is
    on the disk before its id is given back. The same trial with the same outcome is one line,
    however often it is run. Lines are checked against their ids whenever they are read.

    Examples
    --------
    >>> from tempfile import TemporaryDirectory
    >>> trial = Trial("hmm", "SPY", "selection", {"n_states": 2}, "bic", -120.5, "5f3c")
    >>> with TemporaryDirectory() as folder:
    ...     ledger = TrialLedger(f"{folder}/trials.jsonl")
    ...     same = ledger.append(trial) == ledger.append(trial)
    ...     print(same, ledger.read().select("source", "parameters", "metric").rows())
    True [('hmm', '{"n_states":2}', -120.5)]
    """

    def __init__(
        self,
        path: Path | str,
        *,
        code: Mapping[str, Any] | None = None,
        timeout: float = 60.0,
    ) -> None:
        self.path = Path(path)
        self.code = {name: (code or {}).get(name) for name in CODE}
        self._lines = LineFile(self.path, timeout)
        self._returns = ReturnFiles(self.path.parent / "returns")
        self._ids: set[str] = set()
        self._seen = (0, 0, 0)  # file, bytes and lines that `_ids` is made of

    def append(self, trial: Trial) -> str:
        """Log one trial.

        Parameters
        ----------
        trial : Trial

        Returns
        -------
        str
            Its id, given when the disk has the trial.

        Raises
        ------
        TimeoutError
            If another process keeps the ledger locked.
        ValueError
            If a line of the ledger is damaged.
        """
        return self.extend([trial])[0]

    def extend(self, trials: Iterable[Trial]) -> list[str]:
        """Log several trials under one lock.

        Parameters
        ----------
        trials : iterable of Trial

        Returns
        -------
        list of str
            Their ids, given when the disk has all of them.

        Raises
        ------
        TimeoutError, ValueError
            As :meth:`append`.
        """
        asked = list(trials)
        with self._lines.writing() as file:
            for trial in asked:
                if trial.returns is not None:
                    self._returns.write(trial.trial_id, trial.return_table)
            self._commit(file, [trial.record for trial in asked])
        return [trial.trial_id for trial in asked]

    def store_returns(self, table: pl.DataFrame) -> None:
        """Store returns of trials whose lines come next.

        Parameters
        ----------
        table : polars.DataFrame
            ``trial_id, ts, ret``, as of :func:`returns_table`.

        Raises
        ------
        TimeoutError
            If another process keeps the ledger locked.
        ValueError
            For stamps that do not ascend or returns that are not finite.
        """
        with self._lines.writing():
            for (trial_id,), rows in table.group_by("trial_id", maintain_order=True):
                self._returns.write(str(trial_id), rows.select(list(RETURN_COLUMNS)))

    def store_trials(self, table: pl.DataFrame) -> None:
        """Log the trials of a table; returns of those that trade are stored already.

        Parameters
        ----------
        table : polars.DataFrame
            As of :func:`trial_table`.

        Raises
        ------
        TimeoutError
            If another process keeps the ledger locked.
        ValueError
            If the table is not one of trials, the returns of one are not stored, or a line of the
            ledger is damaged.
        """
        records = records_of(table)
        until = time.monotonic() + RETURNS_WAIT
        for record in records:
            if record["returns"] is not None:
                self._await_returns(record, until)
        with self._lines.writing() as file:
            self._commit(file, records)

    def read(self, source: str | None = None) -> pl.DataFrame:
        """Read all trials, the oldest first.

        Parameters
        ----------
        source : str, optional
            Trials of this source alone.

        Returns
        -------
        polars.DataFrame
            Columns of :data:`LEDGER_TABLE`; ``parameters`` is JSON. No rows where nothing has been
            logged.

        Raises
        ------
        TimeoutError, ValueError
            As :meth:`append`.
        """
        records, _, _ = self._parse(self._lines.read(), before=0)
        first: dict[str, dict[str, Any]] = {}
        for record in records:
            first.setdefault(record["trial_id"], record)
        rows = [
            {
                **record,
                **record["code"],
                "parameters": as_json(record["parameters"]),
                "time": datetime.fromisoformat(record["time"]),
            }
            for record in first.values()
            if source is None or record["source"] == source
        ]
        return pl.DataFrame(rows, schema=LEDGER_TABLE)

    def returns(self, ids: Sequence[str] | None = None) -> pl.DataFrame:
        """Read the returns of trials that trade.

        Parameters
        ----------
        ids : sequence of str, optional
            Trials of the ledger; all that trade where not given.

        Returns
        -------
        polars.DataFrame
            ``trial_id, ts, ret``: closing stamp and net simple return of each bar.

        Raises
        ------
        KeyError
            For an id that is not in the ledger.
        ValueError
            If stored returns are missing or damaged, or as :meth:`append`.
        """
        known = dict(self.read().select("trial_id", "returns").iter_rows())
        asked = list(known) if ids is None else list(dict.fromkeys(ids))
        unknown = [trial_id for trial_id in asked if trial_id not in known]
        if unknown:
            raise KeyError(f"{self.path} has no trial {unknown[0]!r}")
        return self._returns.read((i, known[i]) for i in asked if known[i] is not None)

    def _await_returns(self, record: Mapping[str, Any], until: float) -> None:
        """Wait until the returns of a trial are stored."""
        while not self._returns.place(record["trial_id"]).exists():
            if time.monotonic() > until:
                raise ValueError(
                    f"trial {record['trial_id']} of {record['source']} trades, but its returns are "
                    f"not below {self._returns.folder}; store them before its line"
                )
            time.sleep(0.01)

    def _commit(self, file: int, records: Iterable[Mapping[str, Any]]) -> None:
        """Write the lines of trials that are not there yet; the lock is held."""
        self._catch_up(file)
        new = {r["trial_id"]: r for r in records if r["trial_id"] not in self._ids}
        if not new:
            return
        now = datetime.now(UTC).isoformat(timespec="microseconds")
        rest = {"time": now, "code": self.code, "format_version": FORMAT_VERSION}
        lines = b"".join(as_json({**r, **rest}).encode() + b"\n" for r in new.values())
        append(file, lines)
        inode, n_bytes, n_lines = self._seen
        self._seen = (inode, n_bytes + len(lines), n_lines + len(new))
        self._ids |= new.keys()

    def _catch_up(self, file: int) -> None:
        """Take in what others wrote since the last time, and cut off what a kill left."""
        status = os.fstat(file)
        if status.st_ino != self._seen[0] or status.st_size < self._seen[1]:
            self._ids, self._seen = set(), (status.st_ino, 0, 0)
        _, start, n_lines = self._seen
        data = read_from(file, start)
        records, n_whole, n_new = self._parse(data, before=n_lines)
        if n_whole > len(data):  # the last line lacks nothing but its end
            append(file, b"\n")
        elif n_whole < len(data):
            os.ftruncate(file, start + n_whole)
        self._ids |= {record["trial_id"] for record in records}
        self._seen = (status.st_ino, start + n_whole, n_lines + n_new)

    def _parse(self, data: bytes, before: int) -> tuple[list[dict[str, Any]], int, int]:
        """Read lines: their records, and the bytes and lines that they take when whole."""
        *lines, rest = data.split(b"\n")
        records = [self._record(line, before + n) for n, line in enumerate(lines, 1) if line]
        n_bytes = len(data) - len(rest)
        try:
            records.append(self._record(rest, before + len(lines) + 1))
        except ValueError:  # the tail of a killed writer; nobody was told that it is there
            return records, n_bytes, len(lines)
        return records, len(data) + 1, len(lines) + 1

    def _record(self, line: bytes, number: int) -> dict[str, Any]:
        """Read one line and check that it is what was written."""
        try:
            record = json.loads(line)
            newer = isinstance(record, dict) and record.get("format_version", 0) > FORMAT_VERSION
            if not newer:
                return _checked(record)
        except (ValueError, LookupError, TypeError) as error:
            raise ValueError(
                f"line {number} of {self.path} is not a trial as it was logged ({error}); restore "
                "the file from a backup, or remove that line, which loses the trial"
            ) from error
        raise ValueError(
            f"line {number} of {self.path} has format {record['format_version']}, this version "
            f"reads up to {FORMAT_VERSION}; update regime_factory"
        )


def _checked(record: dict[str, Any]) -> dict[str, Any]:
    """Give a record as it is, if it is the one that was written."""
    if record["trial_id"] != id_of(record):
        raise ValueError("its fields do not belong to its trial_id")
    datetime.fromisoformat(record["time"])
    return {**record, "code": {name: record["code"][name] for name in CODE}}
