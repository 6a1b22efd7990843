"""The page of features, from the registry."""

import importlib
from collections.abc import Iterable
from pathlib import Path

import yaml
from tables import anchor, code, table

from regime_factory.features import FEATURES, Feature, FeatureWindows
from regime_factory.features.macro import describe_macro
from regime_factory.params import MacroParams


def features_page(conf: Path) -> str:
    """Show every feature by the module that holds it, the macro features, and the windows."""
    windows = FeatureWindows()
    by_module: dict[str, list[Feature]] = {}
    for entry in FEATURES.values():
        by_module.setdefault(entry.build.__module__, []).append(entry)
    parts = [_module(module, entries, windows) for module, entries in by_module.items()]
    return "\n\n".join([*parts, _macro(conf), _windows(windows)])


def _module(module: str, entries: Iterable[Feature], windows: FeatureWindows) -> str:
    summary = (importlib.import_module(module).__doc__ or "").strip().splitlines()[0]
    rows = [
        [
            anchor(entry.name(windows)),
            entry.formula,
            entry.unit,
            entry.window(windows),
            str(entry.rows(windows)),
            ", ".join(entry.sets) + ("; needs volume" if entry.needs_volume else ""),
        ]
        for entry in entries
    ]
    head = ["feature", "formula", "unit", "window", "warm-up", "sets"]
    title = module.rpartition(".")[2]
    return f"## {title}\n\n{summary}\n\n" + table(head, rows)


def _macro(conf: Path) -> str:
    """Show the macro features as the settings of conf/base make them."""
    text = (conf / "base" / "parameters_macro.yml").read_text("utf-8")
    settings = MacroParams.model_validate(yaml.safe_load(text)["macro"])
    described = describe_macro(settings.features, settings.sources, [])
    rows = [
        [
            anchor(row["column"]),
            row["formula"],
            row["unit"],
            f"{row['window']} x {row['observation']}",
            str(row["warmup"]),
            row["series"] or "",
        ]
        for row in described.iter_rows(named=True)
    ]
    intro = (
        "Features of macro series, as-of joined to every base bar, in `features_macro`. Window and "
        "warm-up count observations of the series. Their names carry no timeframe."
    )
    head = ["feature", "formula", "unit", "window", "warm-up", "series"]
    return f"## macro\n\n{intro}\n\n" + table(head, rows)


def _windows(windows: FeatureWindows) -> str:
    rows = [
        [
            code(name),
            str(value),
            ", ".join(code(e.name(windows)) for e in FEATURES.values() if name in e.uses),
        ]
        for name, value in windows.model_dump().items()
    ]
    return "## Windows\n\n" + table(["window", "default, in bars", "features"], rows)
