"""A griffe extension: pydantic models show the settings that they are made of as parameters."""

from typing import Any

import griffe


class PydanticSignatures(griffe.Extension):
    """Give each pydantic model the signature that it has at run time."""

    def on_class(self, *, cls: griffe.Class, **_: Any) -> None:
        """Add `__init__` to a model, with one keyword for each field."""
        if "BaseModel" not in {str(base) for base in cls.bases} or "__init__" in cls.members:
            return
        own = griffe.Parameter("self", kind=griffe.ParameterKind.positional_or_keyword)
        fields = [_parameter(field) for field in cls.attributes.values() if _is_field(field)]
        signature = griffe.Parameters(own, *fields)
        cls.set_member("__init__", griffe.Function("__init__", parameters=signature))


def _is_field(attribute: griffe.Attribute) -> bool:
    hidden = attribute.name.startswith("_") or attribute.name == "model_config"
    return attribute.annotation is not None and not hidden and "property" not in attribute.labels


def _parameter(field: griffe.Attribute) -> griffe.Parameter:
    return griffe.Parameter(
        field.name,
        annotation=field.annotation,
        kind=griffe.ParameterKind.keyword_only,
        default=_default(field.value),
    )


def _default(value: Any) -> Any:
    """Take the default out of `Field(default=...)`; None where a field is required."""
    if not isinstance(value, griffe.ExprCall) or str(value.function) != "Field":
        return value
    named = {a.name: a.value for a in value.arguments if isinstance(a, griffe.ExprKeyword)}
    factory = named.get("default_factory")
    return named.get("default", f"{factory}()" if factory else None)
