"""Names of firms as registers write them: cleaned, told from placeholders, and bared of forms."""

from __future__ import annotations

import re
import unicodedata

_PLACEHOLDERS = frozenset((
    "na", "n.a.", "n.a", "n/a", "no", "nil", "none", "null", "nan", "tbc", "tbd", "not applicable",
    "not available", "not disclosed", "not known", "unknown", "undisclosed", "unnamed", "various",
    "confidential", "other", "others", "other partners", "partner", "partners", "consortium",
    "unknown company", "unknown companies", "unknown partners", "natural person(s)",
    "small shareholder(s)",
))  # fmt: skip
#: Only x, n or o ("x", "nn", "oo"), or nothing but zeros and marks ("0", "-", "/").
_FILLER = re.compile(r"x+|nn+|oo+|[\W0_]*")
#: A registration number at the end: "556040-6034", "(02366977)", "Company No. SC1234", "HRB 12345".
_NUMBER = re.compile(
    r"[,;\s(]+(?:(?:company|registration|registered|reg|co|org)?\.?\s*(?:number|no|nr)\b[.:]?\s*"
    r"(?:[a-z]{2})?\d{4,}|hr[ab]\s*\d+|\d{6}-\d{4}|(?:[a-z]{2})?\d{6,10})\)?$",
    re.IGNORECASE,
)
_ENDS_WITH_DOT = re.compile(r"(?:\b(?:inc|ltd|co|corp|cie|bros)|\.\w+)\.$", re.IGNORECASE)
#: Legal forms without dots and spaces, as they stand at the end of a name.
_FORMS = frozenset((
    "ab", "ad", "ag", "and", "aps", "as", "asa", "bv", "co", "company", "corp", "corporation", "cv",
    "dd", "doo", "eood", "gmbh", "holding", "holdings", "inc", "incorporated", "jsc", "kft", "kg",
    "kgaa", "lc", "limited", "llc", "llp", "lp", "ltd", "nv", "oao", "ojsc", "ooo", "oy", "oyj",
    "pao", "pjsc", "plc", "pte", "pty", "pvt", "sa", "sab", "sarl", "sas", "se", "sha", "sia", "sl",
    "spa", "srl", "sro", "uab", "ug", "unlimited", "unltd", "zao", "zrt",
))  # fmt: skip


def is_placeholder(name: str) -> bool:
    """Check whether a text stands for no firm.

    Examples
    --------
    >>> [name for name in ("xx", "n.a.", "0", "-", "oo", "E.ON", "3M") if is_placeholder(name)]
    ['xx', 'n.a.', '0', '-', 'oo']
    """
    text = name.strip().casefold()
    return text in _PLACEHOLDERS or _FILLER.fullmatch(text) is not None


def clean_name(text: object) -> str | None:
    """Trim a name, drop a registration number and trailing marks; None for a placeholder.

    Legal forms are kept: whether two names mean one firm is for a person to decide.

    Examples
    --------
    >>> clean_name("Stockholm Exergi Holding AB, 556040-6034 ")
    'Stockholm Exergi Holding AB'
    >>> clean_name("Fives ,"), clean_name("Saltend  Inc."), clean_name("n.a.")
    ('Fives', 'Saltend Inc.', None)
    """
    if text is None or text != text:  # noqa: PLR0124 - NaN is not itself
        return None
    name = " ".join(str(text).replace(";", ",").split())
    name = _NUMBER.sub("", name).strip(" ,/")
    if name.endswith(".") and not _ENDS_WITH_DOT.search(name):
        name = name.rstrip(". ")
    return None if is_placeholder(name) else name


def plant_name(name: object, number: object) -> str:
    """Name a plant so that no other has its name: by the id that it has in the register.

    Examples
    --------
    >>> plant_name("Cedar Bayou 4", "1000547")
    'Cedar Bayou 4 (1000547)'
    """
    return f"{clean_name(name) or 'plant'} ({number or 'no id'})"


def bare_name(name: str) -> str:
    """Reduce a name for comparison: lower case, no accents, brackets or legal form.

    Examples
    --------
    >>> bare_name("Savon Voima Oyj"), bare_name("Grupa Azoty Spółka Sp. z o.o.")
    ('savon voima', 'grupa azoty spolka')
    """
    text = re.sub(r"\([^)]*\)", " ", name.casefold().replace("ł", "l").replace("ø", "o"))
    text = re.sub(r"\bsp\.? ?z ?o\.? ?o\.?", " ", text).replace("/", "").replace(".", "")
    plain = "".join(c for c in unicodedata.normalize("NFKD", text) if not unicodedata.combining(c))
    words = re.sub(r"[^\w]+", " ", plain).split()
    while len(words) > 1 and words[-1] in _FORMS:
        words.pop()
    return " ".join(words)
