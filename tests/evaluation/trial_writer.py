"""A process that logs trials, writes slowly, and is killed at any moment, also by its own hand.

Run as ``python trial_writer.py LEDGER ACKNOWLEDGED WRITER N_TRIALS``: it goes on after the last
trial that it was told is safe.
"""

import os
import random
import signal
import sys
import time
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

from regime_factory.evaluation import Trial, TrialLedger

DEATHS = 1 / 700  # chance before each write, sync and rename
PIECE = 96  # bytes that the slow disk takes at least
START = datetime(2024, 1, 1, tzinfo=UTC)
STAMPS = [START + timedelta(hours=n) for n in range(20)]


def make_trial(writer: int, number: int) -> Trial:
    """The trial of this number, of which every second one trades."""
    returns = (STAMPS, [0.001 * writer, *[1e-6 * number] * 19]) if number % 2 else None
    parameters = {"writer": writer, "number": number, "text": "é" * (number % 300)}
    return Trial("kill", "SPY", "selection", parameters, "figure", number / 7, "5f", returns)


def make_dangerous() -> None:
    """Kill this process at random before what it asks of the disk; write piece by piece."""
    chance = random.Random(time.time_ns() ^ os.getpid())
    write = os.write

    def die_sometimes(work: Any) -> Any:
        def call(*arguments: Any) -> Any:
            if chance.random() < DEATHS:
                os.kill(os.getpid(), signal.SIGKILL)
            return work(*arguments)

        return call

    def write_slowly(handle: int, data: Any) -> int:
        n_bytes = write(handle, data[: max(PIECE, len(data) // 2)])
        time.sleep(0.0002)
        return n_bytes

    os.write, os.fsync, os.replace = (  # type: ignore[assignment]
        die_sometimes(work) for work in (write_slowly, os.fsync, os.replace)
    )


def main(ledger_path: str, acknowledged: str, writer: int, n_trials: int) -> None:
    tell = os.write
    notes = os.open(acknowledged, os.O_RDWR | os.O_CREAT | os.O_APPEND)
    first = len(Path(acknowledged).read_text().splitlines())
    make_dangerous()
    ledger = TrialLedger(ledger_path)
    for number in range(first, n_trials):
        trial_id = ledger.append(make_trial(writer, number))
        tell(notes, f"{trial_id}\n".encode())


if __name__ == "__main__":
    main(sys.argv[1], sys.argv[2], int(sys.argv[3]), int(sys.argv[4]))
