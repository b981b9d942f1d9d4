"""Discounts: the share of a quantity that counts, by a word in another column of the layer.

A store that is proven counts in full, one that is only thought possible in part.
"""

from collections import Counter
from typing import Annotated, NamedTuple, Self

import numpy as np
import pandas as pd
from pydantic import Field, model_validator

from standort.array_types import Flags, Floats
from standort.scoring.profile.base_model import FrozenModel, Share, Text
from standort.scoring.profile.problems import Problem, as_table, raise_rules


class Discount(FrozenModel):
    """Factors of a quantity by the words of a column; words are compared as in a filter."""

    column: Text
    factors: Annotated[dict[Text, Share], Field(min_length=1)]
    source: Text

    @model_validator(mode="after")
    def _check_rules(self) -> Self:
        raise_rules(discount_problems(self.model_dump()))
        return self


class Discounted(NamedTuple):
    """A quantity after a discount."""

    quantity: Floats
    """What counts of it; NaN where the quantity or its factor is unknown."""
    unknown: Flags
    """Whether the quantity is known and its factor is not: no word, or one without a factor."""


def discount_problems(raw: object) -> list[Problem]:
    """List words of a discount that are one; values of the wrong type are skipped."""
    words = [word for word in as_table(as_table(raw).get("factors")) if isinstance(word, str)]
    times = Counter(map(_plain, words))
    return [
        Problem(("factors", word), f"{' and '.join(map(repr, same))} are one word; keep one")
        for plain, count in times.items()
        if count > 1 and (same := [w for w in words if _plain(w) == plain])
        for word in same[:1]
    ]


def apply_discount(quantity: Floats, table: pd.DataFrame, discount: Discount) -> Discounted | None:
    """Return what counts of a quantity; None if no feature has a word, so that all counts.

    Parameters
    ----------
    quantity
        A quantity of the features, NaN where unknown.
    table
        The attributes of the features.
    discount
        The factors.

    Returns
    -------
    The quantity times the factor of each feature. None if the layer lacks the column, or it is
    empty: nobody has said anything about any feature.

    Examples
    --------
    >>> stores = pd.DataFrame({"maturity": ["Proven", "theoretical", None]})
    >>> factors = {"proven": 1.0, "theoretical": 0.25}
    >>> by = Discount(column="maturity", factors=factors, source="assumption")
    >>> apply_discount(np.array([100.0, 100.0, 100.0]), stores, by).quantity
    array([100.,  25.,  nan])
    """
    if discount.column not in table or table[discount.column].isna().all():
        return None
    known = {_plain(word): factor for word, factor in discount.factors.items()}
    words = [_plain(str(word)) for word in table[discount.column]]
    factor = np.array([known.get(word, np.nan) for word in words])
    counted = quantity * factor
    counted[(quantity == 0.0) | (factor == 0.0)] = 0.0  # none, whatever is unknown besides
    return Discounted(counted, np.isnan(counted) & ~np.isnan(quantity))


def _plain(word: str) -> str:
    return word.strip().casefold()
