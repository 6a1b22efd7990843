"""The ledger keeps every trial once, and says so when a line is not what was written."""

import json
import os
import threading
from collections.abc import Callable
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

import polars as pl
import pytest

from regime_factory.evaluation import Trial, TrialLedger, returns_table, trial_table
from regime_factory.evaluation import ledger as ledger_module
from regime_factory.evaluation.ledger import LEDGER_TABLE

STAMPS = pl.Series([datetime(2024, 1, 1, tzinfo=UTC) + timedelta(hours=n) for n in range(4)])
CODE = {"git_revision": "0" * 40, "git_dirty": False, "package_version": "1.0", "other": 1}


def trial(number: int, *, trades: bool = True, source: str = "backtest") -> Trial:
    returns = (STAMPS, [0.01 * number, -0.01, 0.0, 0.02]) if trades else None
    return Trial(
        source, "SPY", "selection", {"number": number}, "net_sharpe", float(number), "5f", returns
    )


@pytest.fixture
def ledger(tmp_path: Path) -> TrialLedger:
    return TrialLedger(tmp_path / "deep" / "trials.jsonl", code=CODE)


def test_a_ledger_without_trials_is_an_empty_table(ledger: TrialLedger) -> None:
    assert ledger.read().schema == pl.Schema(LEDGER_TABLE)
    assert ledger.returns().is_empty()
    assert not ledger.path.parent.exists(), "reading makes nothing"


def test_what_was_logged_is_read_back(ledger: TrialLedger) -> None:
    before = datetime.now(UTC)
    trials = [trial(1), trial(2, trades=False, source="hmm")]
    ids = [ledger.append(trials[0]), *ledger.extend(trials[1:])]
    table = ledger.read()
    assert table["trial_id"].to_list() == ids == [t.trial_id for t in trials]
    assert table.select(trial_table(trials).columns).equals(trial_table(trials))
    assert table["time"].is_between(before, datetime.now(UTC)).all()
    assert table.select("git_revision", "git_dirty", "package_version").row(0) == (
        "0" * 40, False, "1.0",
    )  # fmt: skip
    assert ledger.read("hmm")["trial_id"].to_list() == ids[1:]
    assert ledger.returns().equals(returns_table(trials))
    assert ledger.returns(ids[1:]).is_empty()
    with pytest.raises(KeyError, match="has no trial 'x'"):
        ledger.returns([ids[0], "x"])


def test_the_same_trial_is_one_line_whoever_logs_it(ledger: TrialLedger) -> None:
    other = TrialLedger(ledger.path)
    for number, own in [(1, ledger), (1, other), (2, other), (2, ledger), (3, ledger), (1, other)]:
        own.append(trial(number))
    assert other.extend([trial(3), trial(4), trial(4)])[1:] == [trial(4).trial_id] * 2
    assert ledger.path.read_bytes().count(b"\n") == 4
    assert ledger.read()["metric"].to_list() == [1.0, 2.0, 3.0, 4.0]


def test_a_ledger_that_was_put_in_its_place_is_read_anew(ledger: TrialLedger) -> None:
    ledger.extend([trial(1), trial(2)])
    first_line = ledger.path.read_bytes().splitlines(keepends=True)[0]
    ledger.path.unlink()
    ledger.path.write_bytes(first_line)
    ledger.append(trial(2))
    assert ledger.read()["metric"].to_list() == [1.0, 2.0]


def test_tables_are_logged_like_trials(
    ledger: TrialLedger, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(ledger_module, "RETURNS_WAIT", 0.0)
    trials = [trial(1), trial(2), trial(3, trades=False)]
    with pytest.raises(ValueError, match="store them before its line"):
        ledger.store_trials(trial_table(trials))
    assert ledger.read().is_empty()
    ledger.store_returns(returns_table(trials))
    assert ledger.returns().is_empty(), "they count from their line on"
    for _ in range(2):
        ledger.store_trials(trial_table(trials))
    assert ledger.read().height == 3
    assert ledger.returns().equals(returns_table(trials))


def test_lines_wait_for_returns_that_another_thread_stores(ledger: TrialLedger) -> None:
    later = threading.Timer(0.1, lambda: ledger.store_returns(returns_table([trial(1)])))
    later.start()
    ledger.store_trials(trial_table([trial(1)]))
    later.join()
    assert ledger.returns().equals(returns_table([trial(1)]))


def test_a_torn_line_is_cut_off_and_costs_no_other(ledger: TrialLedger) -> None:
    """Killed at any byte: what stands before is kept, what follows is whole."""
    ledger.append(trial(1))
    n_first = ledger.path.stat().st_size
    ledger.append(trial(2))
    whole = ledger.path.read_bytes()
    for n_bytes in range(n_first, len(whole)):
        ledger.path.write_bytes(whole[:n_bytes])
        complete = n_bytes == len(whole) - 1  # lacks its line break alone: nothing is lost
        kept = [1.0, 2.0] if complete else [1.0]
        assert ledger.read()["metric"].to_list() == kept
        TrialLedger(ledger.path).append(trial(3))
        assert ledger.read()["metric"].to_list() == [*kept, 3.0]
        assert ledger.path.read_bytes().endswith(b"}\n")
        assert ledger.path.read_bytes().count(b"\n") == len(kept) + 1


def test_a_writer_that_goes_on_after_another_was_killed_loses_nothing(ledger: TrialLedger) -> None:
    ledger.append(trial(1))
    with ledger.path.open("ab") as file:
        file.write(b'{"trial_id":"torn')
    ledger.append(trial(2))
    TrialLedger(ledger.path).append(trial(3))
    ledger.append(trial(4))
    assert ledger.read()["metric"].to_list() == [1.0, 2.0, 3.0, 4.0]


def renamed(line: bytes, **changed: Any) -> bytes:
    return json.dumps({**json.loads(line), **changed}).encode()


@pytest.mark.parametrize(
    ("damage", "expected"),
    [
        (lambda line: line[:-9], "line 2 of .*trials.jsonl is not a trial"),
        (lambda line: b"\x00" * len(line), "line 2"),
        (lambda line: b"3", "line 2"),
        (lambda line: renamed(line, metric=9.0), "do not belong to its trial_id"),
        (lambda line: renamed(line, parameters={"number": 7}), "do not belong to its trial_id"),
        (lambda line: renamed(line, code=None), "line 2"),
        (lambda line: renamed(line, time="soon"), "line 2"),
        (
            lambda line: renamed(line, format_version=2),
            "has format 2, this version reads up to 1; update",
        ),
    ],
)
def test_a_damaged_line_is_named_and_stops_reading_and_writing(
    ledger: TrialLedger, damage: Callable[[bytes], bytes], expected: str
) -> None:
    ledger.extend([trial(1), trial(2), trial(3)])
    lines = ledger.path.read_bytes().splitlines()
    lines[1] = damage(lines[1])
    ledger.path.write_bytes(b"\n".join(lines) + b"\n")
    with pytest.raises(ValueError, match=expected):
        ledger.read()
    with pytest.raises(ValueError, match=expected):
        TrialLedger(ledger.path).append(trial(4))
    assert ledger.path.read_bytes() == b"\n".join(lines) + b"\n"


def test_two_ledgers_put_together_hold_each_trial_once(ledger: TrialLedger) -> None:
    ledger.extend([trial(1), trial(2)])
    ledger.path.write_bytes(2 * ledger.path.read_bytes() + b"\n")
    assert ledger.read()["metric"].to_list() == [1.0, 2.0]
    assert ledger.append(trial(2)) == trial(2).trial_id


def test_returns_that_are_missing_or_others_are_seen_and_can_be_made_again(
    ledger: TrialLedger,
) -> None:
    one = ledger.append(trial(1))
    file = next(ledger.path.parent.glob(f"returns/*/{one}.parquet"))
    trial(2).return_table.write_parquet(file)
    with pytest.raises(ValueError, match="does not hold the returns that trial"):
        ledger.returns()
    file.write_bytes(file.read_bytes()[:-20])
    with pytest.raises(ValueError, match="cannot be read from"):
        ledger.returns()
    file.unlink()
    with pytest.raises(ValueError, match="remove it and run that trial again"):
        ledger.returns()
    ledger.append(trial(1))
    assert ledger.returns().equals(returns_table([trial(1)]))


def test_threads_take_turns(ledger: TrialLedger) -> None:
    work = [
        threading.Thread(target=lambda k=k: [ledger.append(trial(n)) for n in range(k, 40, 2)])
        for k in (0, 1, 0)
    ]
    for thread in work:
        thread.start()
    for thread in work:
        thread.join()
    assert sorted(ledger.read()["metric"]) == [float(n) for n in range(40)]


def test_a_lock_that_is_kept_ends_in_a_message(ledger: TrialLedger) -> None:
    import fcntl

    ledger.append(trial(1))
    hurried = TrialLedger(ledger.path, timeout=0.05)
    with ledger.path.open("ab") as file:
        fcntl.flock(file, fcntl.LOCK_EX)
        for attempt in (hurried.read, lambda: hurried.append(trial(2))):
            with pytest.raises(TimeoutError, match=r"locked by another process for 0\.05 s"):
                attempt()
    assert hurried.append(trial(2)) == trial(2).trial_id


class Disk:
    """What a power cut would leave: the bytes and the names that were synced."""

    def __init__(self, monkeypatch: pytest.MonkeyPatch) -> None:
        self.files: dict[int, bytes] = {}
        self.folders: dict[Path, dict[str, int]] = {}
        self.fsync = os.fsync
        monkeypatch.setattr(os, "fsync", self.sync)

    def sync(self, handle: int) -> None:
        path = Path(f"/proc/self/fd/{handle}").readlink()
        if path.is_dir():
            self.folders[path] = {item.name: item.stat().st_ino for item in path.iterdir()}
        else:
            self.files[path.stat().st_ino] = path.read_bytes()
        self.fsync(handle)

    def read(self, path: Path, root: Path) -> bytes | None:
        """The file as it is found after the cut, or None where a name on its way is gone."""
        for item in [path, *path.parents]:
            if item == root:
                break
            if item.name not in self.folders.get(item.parent, {}):
                return None
        return self.files.get(self.folders[path.parent][path.name])


@pytest.mark.skipif(not Path("/proc/self/fd").is_dir(), reason="looks files up in /proc")
@pytest.mark.parametrize("trades", [True, False])
def test_what_was_acknowledged_survives_a_power_cut(
    ledger: TrialLedger, tmp_path: Path, monkeypatch: pytest.MonkeyPatch, trades: bool
) -> None:
    disk = Disk(monkeypatch)
    for number in range(4):
        trial_id = ledger.append(trial(number, trades=trades))
        place = ledger.path.parent / "returns" / trial_id[:2] / f"{trial_id}.parquet"
        assert place.exists() is trades
        if trades:
            assert disk.read(place, tmp_path) == place.read_bytes()
        assert disk.read(ledger.path, tmp_path) == ledger.path.read_bytes()
        assert trial_id.encode() in ledger.path.read_bytes()


def test_returns_are_on_the_disk_before_their_line(
    ledger: TrialLedger, monkeypatch: pytest.MonkeyPatch
) -> None:
    """At no moment is there a line without its returns."""
    written = os.write

    def look(handle: int, data: Any) -> int:
        for line in bytes(data).splitlines():
            trial_id = json.loads(line)["trial_id"]
            assert list(ledger.path.parent.glob(f"returns/*/{trial_id}.parquet"))
        return written(handle, data)

    monkeypatch.setattr(os, "write", look)
    ledger.extend([trial(1), trial(2)])


def test_returns_that_a_kill_cut_short_are_made_again(
    ledger: TrialLedger, monkeypatch: pytest.MonkeyPatch
) -> None:
    whole_write = pl.DataFrame.write_parquet

    def half(table: pl.DataFrame, path: Path) -> None:
        whole_write(table, path)
        path.write_bytes(path.read_bytes()[:100])
        raise KeyboardInterrupt

    with monkeypatch.context() as killed:
        killed.setattr(pl.DataFrame, "write_parquet", half)
        with pytest.raises(KeyboardInterrupt):
            ledger.append(trial(1))
    assert ledger.read().is_empty()
    ledger.append(trial(1))
    assert ledger.returns().equals(returns_table([trial(1)]))
    assert not list(ledger.path.parent.rglob(".unfinished"))
