"""The analytic hierarchy process: weights from pairwise comparisons."""

from __future__ import annotations

import math
from collections.abc import Mapping
from itertools import combinations
from typing import TYPE_CHECKING, Any, Literal

import numpy as np
import pandas as pd

from standort.arguments import ANY_NUMBER, checked
from standort.errors import StandortWarning, WeightError, gather, name_ids, warn
from standort.scoring.weights.elicitation import Weights, farthest_judgement, weights_of

if TYPE_CHECKING:
    from collections.abc import Sequence

#: Mean consistency index of random judgements by number of criteria (Saaty 2008).
RANDOM_INDEX = {3: 0.58, 4: 0.90, 5: 1.12, 6: 1.24, 7: 1.32, 8: 1.41, 9: 1.45}
#: Saaty's limit: above it, judgements contradict each other too much to be used.
_LIMIT = 0.10
_MOST = 9
#: Far beyond Saaty's 9: no one judges one criterion to count a thousand times another.
_FARTHEST = 1_000.0
#: A pair given both ways may be rounded: 0.33 for 1/3, 0.13 for 1/8.
_ROUNDING = 0.05

Matrix = list[list[float]]


@checked(judgements=ANY_NUMBER)
def ahp(
    judgements: pd.DataFrame
    | Mapping[tuple[str, str], float | str]
    | Sequence[Sequence[float | str]],
    *,
    variant: Literal["eigenvector", "geometric_mean"] = "eigenvector",
) -> Weights:
    """Weigh criteria by pairwise comparison (Saaty 1977).

    A judgement of 3 means that the swing of one criterion from its worst to its best reference
    point is worth three times that of the other. Asked for importance alone, people ignore the
    ranges, and the weights do not fit the value functions. More than nine criteria are rejected:
    judge components first, then the criteria within each.

    Parameters
    ----------
    judgements
        Either a square table whose rows and columns name the criteria in the same order (a plain
        list of rows names them 1, 2, ...), or a mapping of pairs to judgements. Each pair is needed
        one way only; given both ways, the two must be reciprocal up to rounding. A judgement is a
        number above 0, usually 1/9 to 9, or text such as "1/3".
    variant
        How judgements become weights: ``eigenvector`` (Saaty), or ``geometric_mean`` of rows
        (Crawford and Williams 1985), whose weights become reciprocal if every judgement does.

    Returns
    -------
    The weights, by criterion in the order given. `consistency_ratio` is that of the judgements,
    the same for both variants; `inconsistency` is lambda_max, which equals the number of criteria
    if all agree; `worst_judgement` is farthest from the ratio of weights, by ratio (of three
    criteria all are equally far, and the first is named).

    Raises
    ------
    WeightError
        If a pair is missing, not above 0, beyond 1/1000 to 1000, not reciprocal, or there are more
        than 9 criteria; all problems are listed.
    OptionError
        If the variant is unknown.

    Warns
    -----
    StandortWarning
        If the consistency ratio is above 0.10, naming the judgement to check.

    Notes
    -----
    CI = (lambda_max - n) / (n - 1), CR = CI / RI with the random index RI of n. The eigenvector
    comes from power iteration in plain floats, so that it has the same bits on every machine.

    Examples
    --------
    >>> result = ahp({("storage", "port"): 3, ("storage", "heat"): 5, ("port", "heat"): 3})
    >>> result.weights.round(4).to_dict()
    {'storage': 0.637, 'port': 0.2583, 'heat': 0.1047}
    >>> round(result.inconsistency, 6), round(result.consistency_ratio, 4)
    (3.038511, 0.0332)
    >>> print(result.worst_judgement)
    storage over port: given 3, the weights say 2.47
    """
    names, matrix = _matrix(judgements)
    n = len(names)
    vector, largest = _principal(matrix)
    if variant == "geometric_mean":
        vector = [math.exp(math.fsum(map(math.log, row)) / n) for row in matrix]
    weights = weights_of(names, vector)
    ratio = 0.0 if n not in RANDOM_INDEX else (largest - n) / (n - 1) / RANDOM_INDEX[n]
    pairs = ((a, b, matrix[i][j]) for (i, a), (j, b) in combinations(enumerate(names), 2))
    worst = farthest_judgement(pairs, weights)
    if ratio > _LIMIT:
        msg = (
            f"these judgements contradict each other: consistency ratio {ratio:.2f}, at most "
            f"{_LIMIT:.2f} is usual; check {worst} first"
        )
        warn(msg, StandortWarning)
    return Weights(
        weights=weights,
        method="ahp",
        consistency_ratio=ratio,
        worst_judgement=worst,
        inconsistency=largest,
    )


def as_ratio(raw: object) -> float | None:
    """Read a judgement: a finite number above 0, or a text such as ``"1/3"``; None otherwise.

    >>> as_ratio("1/4"), as_ratio(3), as_ratio("three"), as_ratio(0)
    (0.25, 3.0, None, None)
    """
    if isinstance(raw, bool):
        return None
    above, _, below = str(raw).partition("/")
    try:
        number = float(above) / float(below or 1)
    except (ValueError, ZeroDivisionError):
        return None
    return number if math.isfinite(number) and number > 0.0 else None


def _matrix(judgements: Any) -> tuple[list[str], Matrix]:  # noqa: ANN401 - one of three forms
    """Build the reciprocal matrix from half of the pairs or all."""
    names, given = _given(judgements)
    problems = [] if names else ["expected at least one criterion, got none; name them"]
    if len(names) > _MOST:
        problems.append(
            f"expected at most {_MOST} criteria, got {len(names)}: so many cannot be compared "
            "consistently; judge components first, then the criteria within each"
        )
    matrix = [[1.0] * len(names) for _ in names]
    problems += [
        f"expected 1 for {name!r} against itself, got {given[name, name]:g}; correct it"
        for name in names
        if given.get((name, name), 1.0) != 1.0
    ]
    for (i, left), (j, right) in combinations(enumerate(names), 2):
        ratio, problem = _pair(left, right, given)
        problems += [problem] if problem else []
        matrix[i][j], matrix[j][i] = ratio, 1.0 / ratio
    if problems:
        raise WeightError(gather(problems, of="judgements"))
    return names, matrix


def _pair(left: str, right: str, given: Mapping[tuple[str, str], float]) -> tuple[float, str]:
    there, back = given.get((left, right)), given.get((right, left))
    if there is None and back is None:
        return 1.0, f"expected a judgement of {left!r} against {right!r}, got none; add it"
    if there is None or back is None:
        return (1.0 / back, "") if back is not None else (there or 1.0, "")
    if abs(there * back - 1.0) > _ROUNDING:
        return 1.0, (
            f"expected {right!r} against {left!r} to be the reciprocal of {there:g}, got "
            f"{back:g}; correct one of them"
        )
    # The larger of the two has not been rounded.
    return (there, "") if there >= back else (1.0 / back, "")


def _given(judgements: Any) -> tuple[list[str], dict[tuple[str, str], float]]:  # noqa: ANN401 - see _matrix
    if not isinstance(judgements, Mapping | pd.DataFrame) and not _is_rows(judgements):
        msg = (
            "judgements: expected pairs with their numbers, or a square table, got "
            f"{judgements!r}; write {{('storage', 'port'): 3}}"
        )
        raise WeightError(msg)
    pairs = dict(judgements) if isinstance(judgements, Mapping) else _table_pairs(judgements)
    problems, given = [], {}
    for pair, raw in pairs.items():
        if not isinstance(pair, tuple) or len(pair) != 2:  # noqa: PLR2004 - a pair
            problems.append(f"expected a pair of criteria, got {pair!r}; write (criterion, other)")
            continue
        if raw is None or (isinstance(raw, float) and math.isnan(raw)):
            continue
        ratio = as_ratio(raw)
        if ratio is None:
            problems.append(
                f"expected a number above 0 or a fraction for {pair[0]!r} against {pair[1]!r}, "
                f"got {raw!r}; correct it"
            )
        elif not 1.0 / _FARTHEST <= ratio <= _FARTHEST:
            problems.append(
                f"expected a judgement of 1/{_FARTHEST:g} to {_FARTHEST:g} (Saaty's scale ends at "
                f"9) for {pair[0]!r} against {pair[1]!r}, got {raw!r}; correct it"
            )
        else:
            given[str(pair[0]), str(pair[1])] = ratio
    if problems:
        raise WeightError(gather(problems, of="judgements"))
    named = [str(name) for pair in pairs for name in pair]
    return list(dict.fromkeys(named)), given


def _is_rows(judgements: object) -> bool:
    """Return whether the judgements are a list of rows."""
    if isinstance(judgements, np.ndarray):
        return judgements.ndim == 2  # noqa: PLR2004 - rows and columns
    return isinstance(judgements, list | tuple) and all(
        isinstance(row, list | tuple | np.ndarray | pd.Series) for row in judgements
    )


def _table_pairs(judgements: Any) -> dict[tuple[str, str], Any]:  # noqa: ANN401 - see _matrix
    table = judgements
    if not isinstance(table, pd.DataFrame):
        table = pd.DataFrame([list(row) for row in judgements], dtype=object)
        table.index = table.index + 1
        table.columns = pd.RangeIndex(1, table.shape[1] + 1)
    rows, columns = [str(name) for name in table.index], [str(name) for name in table.columns]
    if rows != columns or len(set(rows)) != len(rows):
        msg = (
            "judgements: expected a square table whose rows and columns name the same criteria in "
            f"one order, each once, got rows {name_ids(rows)} and columns {name_ids(columns)}; "
            "make them equal"
        )
        raise WeightError(msg)
    return {
        (left, right): table.iloc[i, j]
        for i, left in enumerate(rows)
        for j, right in enumerate(columns)
    }


def _principal(matrix: Matrix) -> tuple[list[float], float]:
    """Return the principal eigenvector, summing to 1, and its eigenvalue.

    All entries are above 0, so by Perron's theorem the iteration ends at that vector.
    """
    n = len(matrix)
    vector = [1.0 / n] * n
    change = math.inf
    for _ in range(10_000):
        product = [math.fsum(a * v for a, v in zip(row, vector, strict=True)) for row in matrix]
        total = math.fsum(product)
        following = [p / total for p in product]
        last, change = change, max(abs(a - b) for a, b in zip(vector, following, strict=True))
        vector = following
        if change == 0.0 or (change < 1e-15 and change >= last):  # noqa: PLR2004 - the last bits
            break
    product = [math.fsum(a * v for a, v in zip(row, vector, strict=True)) for row in matrix]
    # By theory it is at least n; rounding may take it under in the last bit.
    return vector, max(math.fsum(product), float(n))
