"""Writes the compiled loops: one module per number of states K, one per number of columns F.

``python -m regime_factory.regimes.hmm.generated.generate`` rewrites the modules beside this file.
States and columns live in scalar locals, so that they stay in registers; that takes one text per
number. Modules are committed, because numba keeps its compiled code on disk per source file.
"""

from collections.abc import Iterable
from hashlib import sha256
from itertools import pairwise
from pathlib import Path

from regime_factory.regimes.hmm.generated import MOST_FEATURES, MOST_STATES, templates

_FOLDER = Path(__file__).parent
_ACCUMULATORS = 20  # sums that one loop keeps in registers
_EMISSION_NAMES = (
    "BLOCK", "LN2", "LOG2_E", "below_best", "clear", "first_best", "gaussian_level", "jit",
    "jit_sum", "latent_precision", "posterior", "raise_best", "scale_by", "student_level", "total",
    "weighted_log",
)  # fmt: skip


def _head(title: str, names: Iterable[str]) -> str:
    source = (_FOLDER.parent / "_elementwise.py").read_bytes()
    listed = "(\n    " + ",\n    ".join(sorted(names)) + ",\n)"
    return templates.HEAD.format(title=title, stamp=sha256(source).hexdigest()[:12], names=listed)


def _fill(template: str, **pieces: str) -> str:
    """Replace ``<name>`` by its piece; a piece of several lines keeps the indentation."""
    lines = []
    for line in template.splitlines():
        name = line.strip()
        if name.startswith("<") and name.endswith(">") and name[1:-1] in pieces:
            indent = line[: len(line) - len(line.lstrip())]
            lines += [indent + piece for piece in pieces[name[1:-1]].splitlines()]
            continue
        filled = line
        for key, piece in pieces.items():
            filled = filled.replace(f"<{key}>", piece)
        lines.append(filled)
    return "\n".join(lines) + "\n"


def _columns(groups: Iterable[Iterable[str]], between: str = "; ") -> str:
    return "\n".join(between.join(group) for group in groups)


def _split(n: int, parts: int) -> list[list[int]]:
    """Split ``range(n)`` into runs of nearly equal length."""
    edges = [round(i * n / parts) for i in range(parts + 1)]
    return [list(range(low, high)) for low, high in pairwise(edges)]


def recursion_text(n_states: int) -> str:
    """Return the module for a number of states.

    Parameters
    ----------
    n_states : int
        Number of states K.

    Returns
    -------
    str
    """
    K = range(n_states)
    title = f"Forward and backward messages and expected transitions of {n_states} states."
    text = _head(title, ["BLOCK", "LN2", "TINY", "clear", "jit", "jit_fused", "jit_sum"])
    text += _forward(n_states) + _messages(n_states)
    calls = []
    for i, group in enumerate(_split(n_states, -(-n_states // 4))):
        text += _normaliser(i, group, last=group[-1] == n_states - 1)
        rows = (f"alpha[{k}, low:high], beta[{k}, low:high]" for k in group)
        calls.append(f"_normalise{i}(n, {', '.join(rows)})")
    counts = []
    for i, group in enumerate(_split(n_states, -(-n_states * n_states // _ACCUMULATORS))):
        text += _counter(i, K, group)
        alphas = ", ".join(f"alpha[{j}, low:stop]" for j in K)
        ahead = (f"b[{k}, low + 1 : stop + 1], beta[{k}, low + 1 : stop + 1]" for k in group)
        counts.append(f"_count{i}(\n    c, n, {alphas},\n    {', '.join(ahead)},\n    xi,\n)")
    return text + _fill(templates.RECURSION, normalise="\n".join(calls), count="\n".join(counts))


def _transitions(n_states: int) -> str:
    K = range(n_states)
    return _columns([f"A{j}{k} = transmat[{j}, {k}]" for k in K] for j in K)


def _forward(n_states: int) -> str:
    K = range(n_states)
    return _fill(
        templates.FORWARD,
        transitions=_transitions(n_states),
        first=_columns([[f"p{k} = prior[{k}]" for k in K]]),
        weigh=_columns([[f"a{k} = p{k} * b[{k}, t]" for k in K]]),
        sum_a=_sum(f"a{k}" for k in K),
        normalise=_columns([f"a{k} *= inverse", f"p[t, {k}] = a{k}"] for k in K),
        move=_columns(["p{} = {}".format(k, _sum(f"a{j} * A{j}{k}" for j in K))] for k in K),
    )


def _messages(n_states: int) -> str:
    K = range(n_states)
    if n_states <= 2:  # latency binds: multiply transitions by densities off the chain
        kind = "jit"
        start = [[f"a{k} = startprob[{k}] * b[{k}, 0]", f"alpha[{k}, 0] = a{k}"] for k in K] + [
            [f"h{k} = 1.0", f"beta[{k}, last] = 1.0"] for k in K
        ]
        move = [[f"f{k}, g{k} = b[{k}, t], b[{k}, u + 1]" for k in K]]
        move += [["p{} = {}".format(k, _sum(f"a{j} * (A{j}{k} * f{k})" for j in K))] for k in K]
        move += [["q{} = {}".format(j, _sum(f"h{k} * (A{j}{k} * g{k})" for k in K))] for j in K]
        move += [[f"a{k} = p{k}" for k in K] + [f"h{k} = q{k}" for k in K]]
        weigh: list[list[str]] = []
    else:
        kind = "jit_fused"
        start = [[f"a{k} = startprob[{k}] * b[{k}, 0]", f"alpha[{k}, 0] = a{k}"] for k in K] + [
            [f"w{k} = b[{k}, last]", f"beta[{k}, last] = 1.0"] for k in K
        ]
        move = [["p{} = {}".format(k, _sum(f"a{j} * A{j}{k}" for j in K))] for k in K]
        move += [["h{} = {}".format(j, _sum(f"w{k} * A{j}{k}" for k in K))] for j in K]
        move += [[f"a{k} = p{k} * b[{k}, t]"] for k in K]
        weigh = [[f"w{k} = h{k} * b[{k}, u]"] for k in K]
    return _fill(
        templates.MESSAGES,
        kind=kind,
        transitions=_transitions(n_states),
        start=_columns(start),
        move=_columns(move),
        weigh=_columns(weigh),
        sum_a=_sum(f"a{k}" for k in K),
        sum_h=_sum(f"h{k}" for k in K),
        scale_a=_columns([f"a{k} *= factor"] for k in K),
        scale_h=_columns([f"h{k} *= factor"] for k in K),
        store=_columns([f"alpha[{k}, t] = a{k}", f"beta[{k}, u] = h{k}"] for k in K),
    )


def _sum(terms: Iterable[str]) -> str:
    return " + ".join(terms)


def _normaliser(number: int, group: list[int], *, last: bool) -> str:
    products = _sum(f"a{k}[i] * h{k}[i]" for k in group)
    value = products if number == 0 else f"n[i] + {products}"
    arguments = ", ".join(f"a{k}, h{k}" for k in group)
    return f"""

@jit_fused
def _normalise{number}(n, {arguments}):
    for i in range(n.size):
        n[i] = {f"1.0 / ({value})" if last else value}
"""


def _counter(number: int, K: range, group: list[int]) -> str:
    arguments = ", ".join([f"a{j}" for j in K] + [f"b{k}, h{k}" for k in group])
    zeros = "\n".join(" = ".join(f"s{j}{k}" for j in K) + " = 0.0" for k in group)
    adds = "\n".join(
        f"w = b{k}[i] * h{k}[i] * z\n" + "; ".join(f"s{j}{k} += a{j}[i] * w" for j in K)
        for k in group
    )
    stores = "\n".join("; ".join(f"xi[{j}, {k}] += s{j}{k}" for j in K) for k in group)
    return _fill(
        f"""

@jit_sum
def _count{number}(c, n, {arguments}, xi):
    <zeros>
    for i in range(c.size):
        z = c[i] * n[i]
        <adds>
    <stores>""",
        zeros=zeros,
        adds=adds,
        stores=stores,
    )


def emission_text(n_features: int) -> str:
    """Return the module for a number of columns.

    Parameters
    ----------
    n_features : int
        Number of observation columns F.

    Returns
    -------
    str
    """
    title = f"Densities and moments of observations with {n_features} columns."
    text = _head(title, _EMISSION_NAMES)
    for kind in ("full", "diag"):
        text += _distance(n_features, kind)
    text += templates.LOG_DENSITY
    for kind in ("full", "diag"):
        calls = []
        for i, rows in enumerate(_row_groups(n_features, kind)):
            text += _moment_rows(i, rows, n_features, kind)
            used = range(rows[-1] + 1) if kind == "full" else rows
            slices = ", ".join(f"X[{j}, low:high]" for j in used)
            calls.append(f"_{kind}{i}(g, {slices}, out)")
        text += _fill(templates.EMISSION, kind=kind, rows="\n".join(calls))
    return text


def _beside(row: int, kind: str) -> range:
    """Columns that a row of the lower triangle, or of the diagonal, reaches."""
    return range(row + 1) if kind == "full" else range(row, row + 1)


def _row_groups(n_features: int, kind: str) -> list[list[int]]:
    if kind == "diag":
        return _split(n_features, -(-n_features // 6))
    return _split(n_features, 1 if n_features <= 4 else -(-n_features // 3))


def _distance(n_features: int, kind: str) -> str:
    F = range(n_features)
    return _fill(
        """

@jit
def distance_<kind>(X, low, high, whiten, mean, out):
    <given>
    <weights>
    for i in range(out.size):
        <centred>
        <whitened>
        out[i] = <squares>""",
        kind=kind,
        given=_columns([f"x{f}, m{f} = X[{f}, low:high], mean[{f}]"] for f in F),
        weights=_columns([f"w{f}{j} = whiten[{f}, {j}]" for j in _beside(f, kind)] for f in F),
        centred=_columns([f"v{f} = x{f}[i] - m{f}"] for f in F),
        whitened=_columns(
            [f"z{f} = {_sum(f'w{f}{j} * v{j}' for j in _beside(f, kind))}"] for f in F
        ),
        squares=_sum(f"z{f} * z{f}" for f in F),
    )


def _moment_rows(number: int, rows: list[int], n_features: int, kind: str) -> str:
    used = range(rows[-1] + 1) if kind == "full" else rows
    at = {(f, j): 2 + n_features + f * (f + 1) // 2 + j for f in rows for j in _beside(f, kind)}
    adds, stores = [], []
    if number == 0:
        adds.append("n += v")
        stores.append("out[1] += n")
    for f in rows:
        adds.append(f"y = v * x{f}[i]; m{f} += y")
        adds.append("; ".join(f"s{f}{j} += y * x{j}[i]" for j in _beside(f, kind)))
        stores.append(f"out[{2 + f}] += m{f}")
        stores.append("; ".join(f"out[{at[f, j]}] += s{f}{j}" for j in _beside(f, kind)))
    zeros = [f"m{f} = " + " = ".join(f"s{f}{j}" for j in _beside(f, kind)) + " = 0.0" for f in rows]
    return _fill(
        f"""

@jit_sum
def _{kind}{number}(g, {", ".join(f"x{j}" for j in used)}, out):
    <zeros>
    for i in range(g.size):
        v = g[i]
        <adds>
    <stores>""",
        zeros="\n".join((["n = 0.0"] if number == 0 else []) + zeros),
        adds="\n".join(adds),
        stores="\n".join(stores),
    )


def texts() -> dict[str, str]:
    """Return every module's text by file name.

    Returns
    -------
    dict
    """
    modules = {f"recursion_k{K}.py": recursion_text(K) for K in range(1, MOST_STATES + 1)}
    modules |= {f"emission_f{F}.py": emission_text(F) for F in range(1, MOST_FEATURES + 1)}
    title = "Forward and backward messages and expected transitions of any number of states."
    names = ("BLOCK", "LN2", "clear", "jit", "jit_fused", "jit_sum")
    loops = _fill(templates.RECURSION, normalise=templates.ANY_NORMALISE, count=templates.ANY_COUNT)
    modules["recursion_any.py"] = _head(title, names) + templates.ANY_MESSAGES + loops
    title = "Densities and moments of observations with any number of columns."
    text = _head(title, _EMISSION_NAMES) + templates.ANY_FEATURES + templates.LOG_DENSITY
    for kind, cross in (("full", "True"), ("diag", "False")):
        rows = f"_rows(g, X, low, high, {cross}, out)"
        text += _fill(templates.EMISSION, kind=kind, rows=rows)
    modules["emission_any.py"] = text
    return modules


if __name__ == "__main__":
    for file, content in texts().items():
        (_FOLDER / file).write_text(content, "utf-8")
