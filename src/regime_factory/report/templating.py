"""Where the page's templates lie, and what they can do beyond the template language."""

from __future__ import annotations

import re
from functools import cache
from pathlib import Path
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    import jinja2
    from markupsafe import Markup

TEMPLATES = Path(__file__).parent / "templates"
_DATE = re.compile(r"\d{4}-\d\d-\d\d")


@cache
def environment() -> jinja2.Environment:
    """Make the templates' environment.

    Returns
    -------
    jinja2.Environment
        Escapes all text and stops at an unknown name; has the filter ``dates``.
    """
    import jinja2

    made = jinja2.Environment(
        loader=jinja2.FileSystemLoader(TEMPLATES),
        autoescape=True,
        trim_blocks=True,
        lstrip_blocks=True,
        undefined=jinja2.StrictUndefined,
    )
    made.filters["dates"] = unbroken_dates
    return made


def unbroken_dates(text: str) -> Markup:
    """Keep each date of a text on one line.

    Parameters
    ----------
    text
        Text, not escaped yet.

    Returns
    -------
    markupsafe.Markup

    Examples
    --------
    >>> str(unbroken_dates("<b> on 2021-01-04"))
    '&lt;b&gt; on <span class="date">2021-01-04</span>'
    """
    from markupsafe import Markup, escape

    marked = _DATE.sub(r'<span class="date">\g<0></span>', str(escape(text)))
    return Markup(marked)  # nosec B704 - the text is escaped above
