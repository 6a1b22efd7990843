"""What the prices behind the figures are, and the contract they belong to."""

from __future__ import annotations

from typing import TYPE_CHECKING

from regime_factory.report.tables import Cell, Table

if TYPE_CHECKING:
    from regime_factory.report.payload import Meta, SymbolPage

_AS_GIVEN = "prices as given, no dividends added"


def prices_sentence(page: SymbolPage) -> str:
    """Name the convention of prices and dividends, for the line under a figure.

    Parameters
    ----------
    page
        The symbol's part of the payload.

    Returns
    -------
    str
    """
    summary = (page["performance"].get("prices") or {}).get("summary", _AS_GIVEN)
    return f"{summary[:1].upper()}{summary[1:]}."


def price_caveat(page: SymbolPage) -> str:
    """Say what is not in the returns.

    Parameters
    ----------
    page
        The symbol's part of the payload, whose conventions tell.

    Returns
    -------
    str
    """
    rows = page["performance"].get("conventions") or []
    named = {str(row["name"]): str(row["value"]) for row in rows}
    told = [f"{name}: {named[name]}" for name in ("Prices", "Dividends", "Roll") if name in named]
    left_out = "Borrowing costs and taxes are left out."
    return " ".join([f"{text}." for text in told] + [left_out])


def contract_table(symbol: str, meta: Meta) -> Table | None:
    """Tabulate the futures contract of a symbol and how its series was made.

    Parameters
    ----------
    symbol
        The market.
    meta
        Settings of the run.

    Returns
    -------
    Table or None
        ``None`` for a market without a contract.

    Examples
    --------
    >>> es = {"tick_size": 0.25, "multiplier": 50.0, "tick_value": 12.5, "roll": "never rolled"}
    >>> table = contract_table("ES", {"contracts": {"ES": es}})
    >>> [[cell.text for cell in row] for row in table.rows][1]
    ['Worth of one tick', '12.5']
    """
    contract = meta.get("contracts", {}).get(symbol)
    if contract is None:
        return None
    rows = [
        ("Tick, in points", f"{contract['tick_size']:g}"),
        ("Worth of one tick", f"{contract['tick_value']:g}"),
        ("Worth of one point", f"{contract['multiplier']:g}"),
        ("How the series was made", str(contract["roll"])),
    ]
    cells = [[Cell(name), Cell(value)] for name, value in rows]
    return Table(f"Contract: {symbol}", ("Contract", "Value"), cells, numeric=False)
