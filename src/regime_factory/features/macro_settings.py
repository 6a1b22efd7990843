"""Settings of the macro features: of which series they are made, over how many observations."""

from collections.abc import Mapping
from typing import Annotated, Literal

from pydantic import BaseModel, ConfigDict, Field, model_validator

from regime_factory.bars.macro.spec import MacroSeries, series_specs
from regime_factory.features.nearest import nearest

Role = Literal["vix", "price", "slope", "spread"]
ROLES: tuple[Role, ...] = ("vix", "price", "slope", "spread")
WINDOWS = (
    "vix_window", "vol_window", "momentum_window", "trend_window", "slope_window", "spread_window",
)  # fmt: skip
SPREAD_WINDOWS = {"day": 252, "week": 156, "month": 60, "quarter": 40}
_LONGEST = 5_000  # some 20 years of days
_Window = Annotated[int, Field(ge=2, le=_LONGEST)]


class MacroFeatures(BaseModel):
    """Which series the macro features are made of, and their windows.

    Parameters
    ----------
    vix, short_yield, long_yield, spread, spread_base
        Names of series. The slope is long minus short yield; the spread is `spread`, less
        `spread_base` where that is named. A feature whose series is None or has no file is null.
    price
        Series whose volatility, momentum and trend are taken; None for the symbol's own daily
        closes.
    vix_window, vol_window, momentum_window, trend_window, slope_window
        Windows in observations of the series, 2 to 5,000, as known at a row's moment.
    spread_window
        The same for the z-score of the spread; None takes one that suits its frequency: 252 days,
        156 weeks, 60 months or 40 quarters.

    Examples
    --------
    >>> MacroFeatures(vix="vix").vix_window
    252
    """

    model_config = ConfigDict(frozen=True, extra="forbid")

    vix: str | None = None
    short_yield: str | None = None
    long_yield: str | None = None
    spread: str | None = None
    spread_base: str | None = None
    price: str | None = None
    vix_window: _Window = 252
    vol_window: _Window = 20
    momentum_window: _Window = 60
    trend_window: _Window = 200
    slope_window: _Window = 20
    spread_window: _Window | None = None

    @model_validator(mode="after")
    def _differences_have_two_sides(self) -> "MacroFeatures":
        if (self.short_yield is None) != (self.long_yield is None):
            raise ValueError("the slope needs both short_yield and long_yield, or neither")
        if self.spread is None and self.spread_base is not None:
            raise ValueError(
                f"spread_base is {self.spread_base!r} but spread is not given; name the series "
                "that it is taken from"
            )
        return self

    def series_of(self, role: Role) -> tuple[str, ...]:
        """Names of the series that a role is made of: one, or two whose difference is taken."""
        named = {
            "vix": (self.vix,),
            "price": (self.price,),
            "slope": (self.long_yield, self.short_yield),
            "spread": (self.spread, self.spread_base),
        }[role]
        return tuple(name for name in named if name is not None)


def macro_windows(features: MacroFeatures, sources: Mapping[str, MacroSeries]) -> dict[str, int]:
    """Window lengths by setting, that of the spread resolved by the frequency of its series.

    Parameters
    ----------
    features
        Series and windows.
    sources
        Descriptions of the series by name of their file.

    Returns
    -------
    dict of str to int

    Raises
    ------
    ValueError
        Where `features` names a series that no source describes.

    Examples
    --------
    >>> macro_windows(MacroFeatures(slope_window=5), {})["slope_window"]
    5
    """
    specs = series_specs(sources)
    for role in ROLES:
        for name in features.series_of(role):
            if name not in specs:
                raise ValueError(
                    f"macro.features names the series {name!r}, which no file in macro.sources "
                    f"has{nearest(name, specs)}"
                )
    windows = features.model_dump(include=set(WINDOWS))
    if features.spread_window is None:
        period = specs[features.spread].period if features.spread else "day"
        windows["spread_window"] = SPREAD_WINDOWS[period]
    return windows
