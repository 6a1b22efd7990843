"""Files whose text is damaged: separators, encodings, headers, cells that are no numbers."""

from .damaged import (
    DAILY,
    PRICES,
    Corpus,
    File,
    changed,
    csv_file,
    daily,
    hourly,
    lines,
    parquet_file,
    renamed,
    table,
    text_file,
)

TEXT = Corpus()


@TEXT.file()
def nothing_wrong() -> File:
    return csv_file(hourly())


@TEXT.file()
def semicolons() -> File:
    return csv_file(hourly(), ";")


@TEXT.file()
def tabs() -> File:
    return csv_file(hourly(), "\t")


@TEXT.file()
def pipes() -> File:
    return csv_file(hourly(), "|")


@TEXT.file(error="column 'time', named for ts, is not in the file; it has time:open:high:low")
def colons() -> File:
    return csv_file(hourly(form="%Y-%m-%d"), ":")


@TEXT.file()
def byte_order_mark() -> File:
    file = csv_file(hourly())
    return File(file.name, b"\xef\xbb\xbf" + file.content, file.rows)


@TEXT.file()
def windows_line_ends() -> File:
    file = csv_file(hourly())
    return File(file.name, file.content.replace(b"\n", b"\r\n"), file.rows)


@TEXT.file(error="its lines end in a bare carriage return; save it with line feeds")
def old_line_ends() -> File:
    file = csv_file(hourly())
    return File(file.name, file.content.replace(b"\n", b"\r"))


@TEXT.file(error="it is UTF-16 text; save the file as UTF-8")
def utf_16() -> File:
    return File("bars.csv", csv_file(hourly()).content.decode().encode("utf-16"))


@TEXT.file(error=r"line 6 holds the byte 0xe9, which is not UTF-8; save the file as UTF-8")
def latin_1() -> File:
    rows = [row | {"note": "caf\xe9" if i == 4 else ""} for i, row in enumerate(hourly(20))]
    return File("bars.csv", "\n".join(lines(rows)).encode("latin-1"))


@TEXT.file(error=r"it holds NUL bytes \(in line 1\), so it is not text")
def nul_bytes() -> File:
    return File("bars.csv", csv_file(hourly()).content.replace(b"open", b"op\0en"))


@TEXT.file()
def compressed() -> File:
    return csv_file(hourly(), name="bars.csv.gz")


@TEXT.file()
def compressed_under_a_plain_name() -> File:
    file = csv_file(hourly(), name="bars.csv.gz")
    return File("bars.csv", file.content, file.rows)


@TEXT.file(error="the gzip data are broken or cut short .*; copy the file again")
def truncated_gzip() -> File:
    content = csv_file(hourly(), name="bars.csv.gz").content
    return File("bars.csv.gz", content[: len(content) // 2])


@TEXT.file(error="it is named .gz but is not compressed; name it .csv")
def plain_under_a_compressed_name() -> File:
    return File("bars.csv.gz", csv_file(hourly()).content)


@TEXT.file(error="cannot be read as Parquet: .* it is damaged or cut short: copy it again")
def truncated_parquet() -> File:
    content = parquet_file(table(hourly())).content
    return File("bars.parquet", content[: len(content) // 2])


@TEXT.file(error="it is a Parquet file; name it .parquet")
def parquet_under_another_name() -> File:
    return File("bars.csv", parquet_file(table(hourly())).content)


@TEXT.file(error="cannot be read as Parquet")
def csv_under_a_parquet_name() -> File:
    return File("bars.parquet", csv_file(hourly()).content)


@TEXT.file(
    error="is not in the file; it has <!DOCTYPE html>; correct .* if this is no table of bars"
)
def error_page_of_a_server() -> File:
    page = "<!DOCTYPE html>\n<html><head><title>403</title></head>\n<body>Forbidden</body></html>\n"
    return File("bars.csv", page.encode())


@TEXT.file(error="is empty; it should hold a header and rows of bars")
def empty_file() -> File:
    return File("bars.csv", b"")


@TEXT.file(error="has a header but no rows")
def header_only() -> File:
    return text_file(lines(hourly(1))[:1], 0)


@TEXT.file(error="is of an unknown kind; expected .csv, .csv.gz or .parquet")
def spreadsheet() -> File:
    return File("bars.xlsx", b"PK\x03\x04")


@TEXT.file(
    error=r"line 3 has 6 values, the header \(line 1\) names 1: .* remove text above the header"
)
def text_above_the_header() -> File:
    return text_file(["Source: a vendor", "", *lines(hourly())], 400)


@TEXT.file(finds={"readable cells": ("warn", 1)}, quarantined=1)
def header_again_in_the_middle() -> File:
    content = lines(hourly())
    return text_file([*content[:200], content[0], *content[200:]], 401)


@TEXT.file(finds={"readable cells": ("warn", 1), "no missing cells": ("warn", 1)}, quarantined=1)
def row_of_totals() -> File:
    content = lines(hourly())
    return text_file([*content, "Total,,,,,123456"], 401)


@TEXT.file(finds={"readable cells": ("warn", 1), "no missing cells": ("warn", 1)}, quarantined=1)
def line_after_the_last_row() -> File:
    return text_file([*lines(hourly()), "# end of file"], 401)


@TEXT.file(finds={"no missing cells": ("warn", 2)}, quarantined=2)
def blank_lines() -> File:
    content = lines(hourly())
    return text_file([*content[:100], "", *content[100:200], "", *content[200:]], 402)


@TEXT.file(error=r"line 101 has 7 values, the header \(line 1\) names 6")
def line_with_a_value_too_many() -> File:
    content = lines(hourly())
    content[100] += ",7"
    return text_file(content, 400)


@TEXT.file(error="line 101 opens a quotation mark that it does not close; remove the mark")
def open_quotation_mark() -> File:
    content = lines(hourly())
    content[100] = '"' + content[100]
    return text_file(content, 400)


@TEXT.file(error=r"has 2 columns named 'close' \(columns 5 and 7 of the header, line 1\)")
def two_columns_of_one_name() -> File:
    content = [line + "," + line.split(",")[4] for line in lines(hourly())]
    return text_file(content, 400)


@TEXT.file(error="no column for close; the file has time, open, high, low, last, volume")
def column_missing() -> File:
    return csv_file(renamed(hourly(), close="last"))


@TEXT.file()
def blanks_around_the_cells() -> File:
    blank = {name: lambda text: f" {text} " for name in ("time", *PRICES, "volume")}
    return csv_file(changed(hourly(), range(400), **blank))


def _thousands(text: str) -> str:
    return f"{float(text):,.2f}"


@TEXT.file(error="no usable row for 'X'.*decimal commas and thousands separators are not read")
def thousands_separators() -> File:
    rows = hourly(price=12_000.0)
    return csv_file(changed(rows, range(400), **dict.fromkeys(PRICES, _thousands)))


@TEXT.file(finds={"readable cells": ("bad", 13), "gaps": ("warn", 13)}, quarantined=13)
def thousands_separators_for_some_rows() -> File:
    rows = hourly(price=12_000.0)
    return csv_file(changed(rows, range(50, 63), high=_thousands))


@TEXT.file(error="no usable row for 'X'.*decimal commas and thousands separators are not read")
def decimal_commas() -> File:
    comma = dict.fromkeys(PRICES, lambda text: text.replace(".", ","))
    return csv_file(changed(hourly(), range(400), **comma), ";")


@TEXT.file(error="no usable row for 'X'.*text and currency signs are not read")
def currency_signs() -> File:
    dollars = dict.fromkeys(PRICES, lambda text: "$" + text)
    return csv_file(changed(hourly(), range(400), **dollars))


@TEXT.file()
def scientific_notation() -> File:
    power = dict.fromkeys(PRICES, lambda text: f"{float(text):.6e}")
    return csv_file(changed(hourly(), range(400), **power))


@TEXT.file(finds={"readable cells": ("warn", 3)}, quarantined=3)
def words_and_brackets_for_prices() -> File:
    rows = changed(changed(hourly(), [20], close="halted"), [30], low="(99.10)")
    return csv_file(changed(rows, [40], open="101.2*"))


@TEXT.file(finds={"no missing cells": ("warn", 3)}, quarantined=3)
def empty_cells() -> File:
    rows = changed(changed(hourly(), [50], close=""), [70], open="NaN")
    return csv_file(changed(rows, [90], time=""))


@TEXT.file(finds={"finite prices": ("warn", 2)}, quarantined=2)
def infinite_prices() -> File:
    return csv_file(changed(changed(hourly(), [20], high="inf"), [30], low="-inf"))


@TEXT.file(finds={"volume": ("warn", 400)})
def volume_as_text() -> File:
    return csv_file(changed(hourly(), range(400), volume=lambda text: f"{text}K"))


@TEXT.file(
    error=r"adj_close is not a number: .*To leave a column out: ingest.columns: \{adj_close: null\}"
)
def adjusted_closes_as_text() -> File:
    return csv_file([row | {"adj_close": f"${row['close']}"} for row in hourly()])


@TEXT.file(error="split is 'two' in row 201; expected new shares per old share")
def split_as_a_word() -> File:
    rows = [row | {"split": ""} for row in hourly()]
    return csv_file(changed(rows, [200], split="two"))


@TEXT.file(error="dividend is '0.5 USD' in row 201; .* cash per share in dividend")
def dividend_with_its_currency() -> File:
    rows = [row | {"dividend": ""} for row in hourly()]
    return csv_file(changed(rows, [200], dividend="0.5 USD"))


@TEXT.file(error="the file has no symbol column and no symbol is given; set ingest.symbol",
           ingest={"symbol": None})  # fmt: skip
def no_symbol() -> File:
    return csv_file(hourly())


@TEXT.file(finds={"no missing cells": ("bad", 2)}, quarantined=2, ingest={"symbol": None})
def blank_symbols() -> File:
    rows = [row | {"symbol": "" if i in {90, 180} else "X"} for i, row in enumerate(hourly())]
    return csv_file(rows)


@TEXT.file(ingest={"symbol": None})
def one_symbol_in_several_spellings() -> File:
    names = ("ES", "es", " Es ")
    return csv_file([row | {"symbol": names[i % 3]} for i, row in enumerate(hourly())])


@TEXT.file(error="symbol is 'X', but the file's column 'symbol' names ES")
def another_symbol_than_the_settings_name() -> File:
    return csv_file([row | {"symbol": "ES"} for row in hourly()])


@TEXT.file(error=r"column for close holds Struct|expected numbers; check columns")
def nested_parquet_column() -> File:
    import polars as pl

    frame = table(hourly()).with_columns(close=pl.struct("open", "close"))
    return parquet_file(frame)


@TEXT.file(finds={"no missing cells": ("warn", 2)}, quarantined=2)
def nulls_in_parquet() -> File:
    import polars as pl

    holes = pl.int_range(pl.len()).is_in([7, 9])
    return parquet_file(table(hourly()).with_columns(close=pl.when(~holes).then("close")))


@TEXT.file(**DAILY)
def days_in_sound_order() -> File:
    return csv_file(daily())
