"""The page of parameters, from the settings models and the commented files of conf/."""

from pathlib import Path
from typing import Any

import yaml
from tables import anchor, code, table
from yaml_comments import Commented, commented_keys, header

from regime_factory.params import PARAMETERS, RUN_ARGUMENTS

_BOUNDS = {
    "minimum": "at least",
    "exclusiveMinimum": "above",
    "maximum": "at most",
    "exclusiveMaximum": "below",
}
_TYPES = {
    "string": "text", "number": "number", "integer": "whole number", "boolean": "`true`, `false`",
    "null": "`null`", "object": "mapping", "array": "list",
}  # fmt: skip


def settings_of(conf: Path, env: str = "base") -> dict[str, Commented]:
    """Settings of an environment by dotted name."""
    files = sorted((conf / env).glob("parameters*.yml"))
    keys = [key for file in files for key in commented_keys(file)]
    return {".".join(key.path): key for key in keys}


def parameters_page(conf: Path) -> str:
    """Show every setting: default, allowed values and meaning, block by block."""
    base = settings_of(conf)
    parts = [_block(name, base, _intro(conf, name)) for name in PARAMETERS]
    return "\n\n".join([*parts, _globals(conf), _environments(conf)])


def _intro(conf: Path, block: str) -> str:
    for file in sorted((conf / "base").glob("parameters*.yml")):
        if block in (yaml.safe_load(file.read_text("utf-8")) or {}):
            return f"{header(file)} File: `conf/base/{file.name}`."
    return ""


def _block(block: str, base: dict[str, Commented], intro: str) -> str:
    schema = PARAMETERS[block].model_json_schema()
    rows = []
    for name, key in base.items():
        if key.path[0] == block and len(key.path) > 1:
            allowed = _allowed(_schema_at(schema, key.path[1:]), schema)
            nested = any(other.startswith(f"{name}.") for other in base)
            default = "see below" if nested else code(_shown(key.value))
            rows.append([anchor(name), default, allowed, key.comment])
    return f"## {block}\n\n{intro}\n\n" + table(["setting", "default", "allowed", "meaning"], rows)


def _globals(conf: Path) -> str:
    keys = commented_keys(conf / "base" / "globals.yml")
    rows = [[anchor(k.path[-1]), code(_shown(k.value)), k.comment] for k in keys]
    arguments = " and ".join(code(name) for name in RUN_ARGUMENTS if name != "bars_path")
    return (
        "## globals\n\nValues that several files share, in `globals.yml`. Of these, `bars_path` "
        f"can be set on the command line with `--params`; so can {arguments}, which no file "
        "holds.\n\n" + table(["value", "default", "meaning"], rows)
    )


def _environments(conf: Path) -> str:
    envs = sorted(p.name for p in conf.iterdir() if p.is_dir() and p.name not in {"base", "local"})
    parts = [
        "## What the environments change\n\nA setting that an environment does not name keeps its "
        "value of `conf/base`."
    ]
    for env in envs:
        changed = settings_of(conf, env)
        leaves = [k for k in changed if not any(o.startswith(f"{k}.") for o in changed)]
        rows = [[code(k), code(_shown(changed[k].value)), changed[k].comment] for k in leaves]
        intro = header(conf / env / "globals.yml")
        parts.append(f"### {env}\n\n{intro}\n\n" + table(["setting", "value", "why"], rows))
    return "\n\n".join(parts)


def _schema_at(schema: dict[str, Any], path: tuple[str, ...]) -> dict[str, Any]:
    """Follow a path of keys through a JSON schema; empty where the keys are free."""
    current = schema
    for key in path:
        choices = [_resolved(item, schema) for item in current.get("anyOf", [current])]
        held = [item for item in choices if key in item.get("properties", {})]
        if not held:
            return {}
        current = _resolved(held[0]["properties"][key], schema)
    return current


def _resolved(item: dict[str, Any], schema: dict[str, Any]) -> dict[str, Any]:
    reference = item.get("$ref", "").rpartition("/")[2]
    return schema["$defs"][reference] if reference else item


def _allowed(item: dict[str, Any], schema: dict[str, Any]) -> str:
    """Say in words what a JSON schema allows."""
    item = _resolved(item, schema)
    if "anyOf" in item:
        return " or ".join(dict.fromkeys(_allowed(part, schema) for part in item["anyOf"]))
    if "enum" in item or "const" in item:
        return ", ".join(code(value) for value in item.get("enum", [item.get("const")]))
    words = _TYPES.get(item.get("type", ""), "")
    if item.get("type") == "array" and "items" in item:
        inner = _allowed(item["items"], schema)
        return f"list of {inner}" if "`" in inner or inner != "text" else "list of names"
    bounds = [f"{text} {item[key]:g}" for key, text in _BOUNDS.items() if key in item]
    return ", ".join([words, *bounds]) if bounds else words


def _shown(value: object) -> str:
    """Show a value as the YAML files write it."""
    text = yaml.safe_dump(value, default_flow_style=True, width=10_000, sort_keys=False)
    return text.strip().removesuffix("...").strip()
