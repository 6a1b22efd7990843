"""Four processes log at once and are killed again and again: nothing is lost or damaged."""

import json
import random
import signal
import subprocess
import sys
import time
from pathlib import Path

import pytest

from regime_factory.evaluation import TrialLedger, returns_table

from . import trial_writer
from .trial_writer import make_trial

WRITERS, TRIALS, KILLS_FROM_OUTSIDE, PATIENCE = 4, 500, 12, 240.0


class Writers:
    """Processes that are started again until each has logged all its trials."""

    def __init__(self, folder: Path) -> None:
        self.ledger = folder / "trials.jsonl"
        self.notes = [folder / f"acknowledged_{n}" for n in range(WRITERS)]
        self.killed = self.suicides = 0
        self.running = [self.start(n) for n in range(WRITERS)]

    def start(self, writer: int) -> subprocess.Popen[bytes]:
        arguments = [self.ledger, self.notes[writer], writer, TRIALS]
        return subprocess.Popen(
            [sys.executable, trial_writer.__file__, *map(str, arguments)], stderr=subprocess.PIPE
        )

    def acknowledged(self, writer: int) -> list[str]:
        notes = self.notes[writer]
        return notes.read_text().splitlines() if notes.exists() else []

    def done(self) -> bool:
        """Whether all are done; those that killed themselves are started again."""
        for writer, process in enumerate(self.running):
            status = process.poll()
            if status == -signal.SIGKILL:
                self.suicides += 1
                self.running[writer] = self.start(writer)
            else:
                assert not status, process.communicate()[1].decode()
        return all(process.poll() == 0 for process in self.running)

    def kill(self, writer: int) -> None:
        if self.running[writer].poll() is None:
            self.running[writer].kill()
            self.running[writer].wait()
            self.killed += 1
            self.running[writer] = self.start(writer)


@pytest.mark.slow
def test_four_writers_under_kill_9_lose_and_damage_nothing(tmp_path: Path) -> None:
    writers, chance = Writers(tmp_path), random.Random(4)
    until = time.monotonic() + PATIENCE
    seen = 0
    try:
        while not writers.done():
            assert time.monotonic() < until, [len(writers.acknowledged(n)) for n in range(WRITERS)]
            time.sleep(chance.uniform(0.0, 0.02))
            written = sum(len(writers.acknowledged(n)) for n in range(WRITERS))
            if writers.killed < KILLS_FROM_OUTSIDE and written > seen + 100:
                writers.kill(chance.randrange(WRITERS))
                seen = written
    finally:
        for process in writers.running:
            process.kill()
    assert writers.killed + writers.suicides >= 20
    trials = [make_trial(writer, n) for writer in range(WRITERS) for n in range(TRIALS)]
    told = [trial_id for writer in range(WRITERS) for trial_id in writers.acknowledged(writer)]
    assert told == [trial.trial_id for trial in trials]
    lines = writers.ledger.read_bytes().splitlines()
    assert sorted(json.loads(line)["trial_id"] for line in lines) == sorted(told)
    ledger = TrialLedger(writers.ledger)
    assert set(ledger.read()["trial_id"]) == set(told)
    assert ledger.returns(told).equals(returns_table(trials))
