"""Progress bars of long work: on a terminal only, so that logs stay one line per event."""

import sys
from collections.abc import Callable, Iterable
from functools import partial
from typing import Any


def progress_bar(title: str) -> Callable[[Iterable[Any]], Iterable[Any]]:
    """Give a function that wraps a list and shows how far its walk has come.

    Parameters
    ----------
    title
        What is being done.

    Returns
    -------
    callable
        To be called with the list; without a terminal it shows nothing.
    """
    from tqdm import tqdm

    return partial(tqdm, desc=title, leave=False, disable=not sys.stderr.isatty())
