"""The API pages: one entry for every public name of a room, rendered from its docstring."""

import importlib
import inspect


def api_page(room: str) -> str:
    """Give the instructions from which mkdocstrings renders the public names of a room."""
    path = f"regime_factory.{room}"
    module = importlib.import_module(path)
    kinds: dict[str, list[str]] = {"Functions": [], "Classes": [], "Values and modules": []}
    for name in module.__all__:
        value = getattr(module, name)
        kind = "Classes" if inspect.isclass(value) else "Values and modules"
        kinds["Functions" if inspect.isfunction(value) else kind].append(name)
    parts = [(module.__doc__ or "").strip()]
    for kind, names in kinds.items():
        if names:
            parts.append(f"## {kind}")
            parts += [f"::: {_home(getattr(module, name), path)}.{name}" for name in names]
    return "\n\n".join(parts)


def _home(value: object, room: str) -> str:
    """Name the module that defines a name: the room may hold a module that is called alike."""
    defined = inspect.isfunction(value) or inspect.isclass(value)
    return value.__module__ if defined else room
