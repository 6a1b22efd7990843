"""The page of the catalog, from conf/base/catalog*.yml and the pipelines that write its entries."""

from pathlib import Path

from tables import anchor, code, table
from yaml_comments import Commented, commented_keys

from regime_factory.run_checks import maker_of

_LAYERS = {
    "raw": "What a run reads.",
    "intermediate": "Checked bars and zones.",
    "feature": "Feature tables.",
    "regimes": "The hidden Markov model and its regimes.",
    "model_input": "What models learn from.",
    "models": "Fitted models.",
    "model_output": "What models say.",
    "backtest": "Strategies and their accounts.",
    "reporting": "What a person reads.",
}


def entries_of(conf: Path) -> dict[str, Commented]:
    """Catalog entries of conf/base by name."""
    files = sorted((conf / "base").rglob("catalog*.yml"))
    keys = [key for file in files for key in commented_keys(file)]
    return {key.path[0]: key for key in keys if len(key.path) == 1 and key.path[0][0] != "_"}


def catalog_page(conf: Path) -> str:
    """Show every dataset by layer: what it is, its file, its time column and who writes it."""
    by_layer: dict[str, list[list[str]]] = {}
    for name, entry in entries_of(conf).items():
        held = dict(entry.value)  # type: ignore[call-overload]
        layer = held["metadata"]["kedro-viz"]["layer"]
        by_layer.setdefault(layer, []).append(_row(name, entry.comment, held))
    head = ["dataset", "what it is", "written by", "file below `data/<env>/`", "time"]
    parts = [
        f"## {layer}\n\n{_LAYERS.get(layer, '')}\n\n" + table(head, by_layer[layer])
        for layer in sorted(by_layer, key=list(_LAYERS).index)
    ]
    return "\n\n".join(parts)


def _row(name: str, comment: str, held: dict) -> list[str]:
    path = str(held.get("filepath", "")).partition("}/")[2]
    maker = maker_of(name)
    read_only = held["metadata"]["kedro-viz"]["layer"] == "raw"
    written = code(maker) if maker else ("read only" if read_only else "a hook")
    return [anchor(name), comment, written, code(path) if path else "", _time(held["metadata"])]


def _time(metadata: dict) -> str:
    """Say when a row of the table is known."""
    time = metadata["time"]
    if time == "none":
        return "selection zone only" if metadata.get("zone") == "selection" else ""
    known = code(time["column"])
    before = time.get("before")
    if before:
        known += f"; {', '.join(code(name) for name in before)} known before it"
    ends = time.get("ends", {})
    if ends:
        known += "; targets known at their ends " + code(ends["*"])
    return known + ("; selection zone only" if metadata.get("zone") == "selection" else "")
