"""What a corpus of damaged files is made of: sound bars as text, files, and what each must give."""

import csv
import gzip
import io
import math
import random
from collections.abc import Callable
from dataclasses import dataclass, field
from datetime import UTC, date, datetime, timedelta
from pathlib import Path
from typing import Any

import polars as pl

from regime_factory.bars import Session
from regime_factory.bars.sessions.session import session_days

Row = dict[str, str]
START = datetime(2024, 1, 2, tzinfo=UTC)
PRICES = ("open", "high", "low", "close")
NEW_YORK = {"timezone": "America/New_York", "open": "09:30", "close": "16:00", "calendar": "XNYS"}
DAILY = {
    "market": {"timeframe": "1D", "timeframes": ["1D"], "session": NEW_YORK},
    "ingest": {"stamp": "session_close", "timezone": "America/New_York"},
}
IN_SESSION = {"market": {"session": NEW_YORK, "anchor": "00:00"}}


@dataclass(frozen=True)
class File:
    """A file to be written, with the number of data rows it holds."""

    name: str
    content: bytes
    rows: int = 0


@dataclass(frozen=True)
class Case:
    """One damaged file: how it is made and read, and what must come of it."""

    name: str
    make: Callable[[], File]
    finds: dict[str, tuple[str, int]] = field(default_factory=dict)
    error: str | None = None
    quarantined: int = 0
    settings: dict[str, dict[str, Any]] = field(default_factory=dict)

    def write(self, folder: Path) -> tuple[Path, int]:
        """Write the file; its path and the number of its data rows."""
        file = self.make()
        path = folder / file.name
        path.write_bytes(file.content)
        return path, file.rows


class Corpus(list[Case]):
    """Cases, collected by a decorator on the functions that make the files."""

    def file(self, **expected: Any) -> Callable[[Callable[[], File]], Callable[[], File]]:
        """Add the decorated function's file; `finds` names all findings that are not ok."""

        def add(make: Callable[[], File]) -> Callable[[], File]:
            settings = {
                k: expected.pop(k) for k in ("market", "ingest", "quality") if k in expected
            }
            self.append(Case(make.__name__, make, settings=settings, **expected))
            return make

        return add


def sound(stamps: list[str], seed: int = 1, price: float = 100.0, sd: float = 0.004) -> list[Row]:
    """Bars that pass every check, as text to the cent."""
    draw = random.Random(seed)
    rows, close = [], price
    for stamp in stamps:
        opened = round(close + draw.choice([-1, 1]) * draw.randint(3, 9) * price / 10_000, 2)
        close = round(opened * math.exp(sd * draw.gauss(0, 1)), 2)
        high, low = (side(opened, close) for side in (max, min))
        prices = (opened, high + draw.randint(1, 20) / 100, low - draw.randint(1, 20) / 100, close)
        cells = dict(zip(PRICES, (f"{price:.2f}" for price in prices), strict=True))
        rows.append({"time": stamp, **cells, "volume": str(draw.randint(100, 9_999))})
    return rows


def hours(n: int, first: datetime = START) -> list[datetime]:
    return [first + timedelta(hours=i + 1) for i in range(n)]


def written(moments: list[datetime], form: str = "%Y-%m-%d %H:%M") -> list[str]:
    return [moment.strftime(form) for moment in moments]


def hourly(n: int = 400, form: str = "%Y-%m-%d %H:%M", **shape: Any) -> list[Row]:
    """Hourly bars of a market that never closes, stamped at their close in UTC."""
    return sound(written(hours(n), form), **shape)


def trading_days(n: int) -> list[date]:
    days = session_days(date(2020, 1, 2), date(2024, 12, 31), Session(**NEW_YORK))
    return days["day"].head(n).to_list()


def daily(n: int = 400, form: str = "%Y-%m-%d", **shape: Any) -> list[Row]:
    """Daily bars of a New York market, with the session's date."""
    return sound([day.strftime(form) for day in trading_days(n)], **shape)


def changed(rows: list[Row], places: range | list[int], **cells: Any) -> list[Row]:
    """Rows with some cells replaced, by a text or by a function of the old text."""
    rows = [dict(row) for row in rows]
    for place in places:
        for name, cell in cells.items():
            rows[place][name] = cell(rows[place][name]) if callable(cell) else cell
    return rows


def times(factor: float) -> Callable[[str], str]:
    return lambda text: f"{float(text) * factor:.2f}"


def scaled(rows: list[Row], places: range | list[int], factor: float) -> list[Row]:
    return changed(rows, places, **dict.fromkeys(PRICES, times(factor)))


def renamed(rows: list[Row], **names: str) -> list[Row]:
    return [{names.get(name, name): cell for name, cell in row.items()} for row in rows]


def lines(rows: list[Row], separator: str = ",") -> list[str]:
    """Header and rows as lines of a CSV."""
    out = io.StringIO()
    table = csv.DictWriter(out, list(rows[0]), delimiter=separator, lineterminator="\n")
    table.writeheader()
    table.writerows(rows)
    return out.getvalue().splitlines()


def text_file(content: list[str], rows: int, name: str = "bars.csv") -> File:
    return File(name, ("\n".join(content) + "\n").encode(), rows)


def csv_file(rows: list[Row], separator: str = ",", name: str = "bars.csv") -> File:
    content = ("\n".join(lines(rows, separator)) + "\n").encode()
    return File(name, gzip.compress(content) if name.endswith(".gz") else content, len(rows))


def table(rows: list[Row]) -> pl.DataFrame:
    """The rows with numbers as numbers and times as times."""
    return pl.DataFrame(rows).with_columns(
        pl.col("time").str.to_datetime("%Y-%m-%d %H:%M", time_unit="us"),
        pl.col(*PRICES, "volume").cast(pl.Float64),
    )


def parquet_file(frame: pl.DataFrame) -> File:
    out = io.BytesIO()
    frame.write_parquet(out)
    return File("bars.parquet", out.getvalue(), frame.height)
