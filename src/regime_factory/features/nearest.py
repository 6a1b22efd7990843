"""The "did you mean" ending of messages about unknown names."""

from collections.abc import Iterable
from difflib import get_close_matches


def nearest(name: str, known: Iterable[str], *, count: int = 3) -> str:
    """End a message about an unknown name with the nearest known names.

    Parameters
    ----------
    name : str
        What was given.
    known : iterable of str
        What could have been given.
    count : int
        Most names to offer.

    Returns
    -------
    str
        `; did you mean ...?`, or `; known: ...` where nothing is near.

    Examples
    --------
    >>> nearest("1h", ["1H", "4H"])
    "; did you mean '1H', '4H'?"
    >>> nearest("zzz", ["v1", "v2"])
    "; known: 'v1', 'v2'"
    """
    names = list(known)
    folded: dict[str, list[str]] = {}
    for candidate in names:
        folded.setdefault(candidate.lower(), []).append(candidate)
    close = get_close_matches(name.lower(), list(folded), n=count, cutoff=0.5)
    found = [candidate for match in close for candidate in folded[match]][:count]
    listed = ", ".join(f"'{candidate}'" for candidate in found or names)
    return f"; did you mean {listed}?" if found else f"; known: {listed}"
