"""What the settings models are made of: bounds, lists from the command line, strict blocks."""

from datetime import date
from typing import Annotated, Any

from pydantic import AfterValidator, BaseModel, ConfigDict, Field

Share = Annotated[float, Field(ge=0, le=1)]
Positive = Annotated[int, Field(gt=0)]
BasisPoints = Annotated[float, Field(ge=0, le=1_000)]
Seed = Annotated[int, Field(ge=0)]
Multiple = Annotated[float, Field(gt=0)]


def _iso_date(text: str) -> str:
    date.fromisoformat(text[:10])
    return text


def split(value: Any) -> Any:
    """Take a list written as one scalar, as the command line has to; it reads numbers as such."""
    if isinstance(value, int | float) and not isinstance(value, bool):
        return [value]
    return [part.strip() for part in value.split(";")] if isinstance(value, str) else value


def _some_threads(n_jobs: int) -> int:
    if n_jobs == 0:
        raise ValueError("0 threads; give their number, or -1 for all cores")
    return n_jobs


Threads = Annotated[int, Field(ge=-1), AfterValidator(_some_threads)]


def split_or_none(value: Any) -> Any:
    """Take a list written as one scalar; an empty one, or none at all, stands for no entry."""
    parts = [] if value is None else split(value)
    return [part for part in parts if part != ""] if isinstance(parts, list) else parts


ZoneEnd = Annotated[float, Field(gt=0, lt=1)] | Annotated[str, AfterValidator(_iso_date)]


class Settings(BaseModel):
    """A block of settings in which an unknown key is an error."""

    model_config = ConfigDict(extra="forbid", frozen=True, allow_inf_nan=False)
