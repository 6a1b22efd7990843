"""Intermediate series that several features need, computed once per symbol and timeframe."""

from collections.abc import Callable, Sequence

import polars as pl

Once = Callable[[pl.Expr], pl.Expr]


def inline(expr: pl.Expr) -> pl.Expr:
    """Leave an intermediate expression where it is; the `Once` of a self-contained expression."""
    return expr


class Steps:
    """Collects intermediate expressions and computes each of them once, in layers.

    Polars shares equal elementwise expressions of a query but repeats equal rolling and recursive
    ones; naming them as columns first halves the work of a large feature set.

    Examples
    --------
    >>> steps = Steps()
    >>> mean = steps.once(pl.col("x").rolling_mean(2))
    >>> gap = pl.col("x") - steps.once(pl.col("x").rolling_mean(2))
    >>> frame = pl.DataFrame({"x": [1.0, 3.0]})
    >>> steps.run(frame, [mean.alias("mean"), gap.alias("gap")]).row(1)
    (2.0, 1.0)
    >>> len(steps)
    1
    """

    def __init__(self) -> None:
        self._names: dict[bytes, str] = {}
        self._layers: list[list[pl.Expr]] = []
        self._depth: dict[str, int] = {}

    def __len__(self) -> int:
        return len(self._names)

    def once(self, expr: pl.Expr) -> pl.Expr:
        """Enter an expression unless an equal one is there, and refer to its column.

        Parameters
        ----------
        expr : pl.Expr
            Expression over bar columns and earlier steps.

        Returns
        -------
        pl.Expr
            The column that will hold its values.
        """
        key = expr.meta.serialize()
        name = self._names.get(key)
        if name is None:
            name = f"_step_{len(self._names)}"
            depth = max((self._depth.get(root, 0) for root in expr.meta.root_names()), default=0)
            if depth == len(self._layers):
                self._layers.append([])
            self._layers[depth].append(expr.alias(name))
            self._names[key] = name
            self._depth[name] = depth + 1
        return pl.col(name)

    def run(self, frame: pl.DataFrame, wanted: Sequence[pl.Expr]) -> pl.DataFrame:
        """Compute expressions over the columns of a frame and the steps.

        Parameters
        ----------
        frame : pl.DataFrame
            Bars that the steps were written for.
        wanted : sequence of pl.Expr
            The columns of the result.

        Returns
        -------
        pl.DataFrame
            `wanted`.

        Notes
        -----
        Each layer is computed at once, since Polars needs several times as long for one lazy query
        of all of them, and keeps of the layers before only what later ones read.
        """
        last_read = {
            root: depth
            for depth, layer in enumerate([*self._layers, wanted])
            for expr in layer
            for root in expr.meta.root_names()
        }
        for depth, layer in enumerate(self._layers):
            kept = [name for name in frame.columns if last_read.get(name, 0) > depth]
            frame = frame.select(*kept, *layer)
        return frame.select(*wanted)
