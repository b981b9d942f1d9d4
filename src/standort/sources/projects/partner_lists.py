"""Lists of partners in one cell of free text, as the IEA writes them.

A cell holds names divided by commas, semicolons or "and". Brackets behind a name hold what the firm
does, its share, its owner, its former name or an abbreviation.
"""

from __future__ import annotations

import re
from typing import TYPE_CHECKING, NamedTuple

from standort.firm_names import clean_name

if TYPE_CHECKING:
    from collections.abc import Iterable, Sequence

_BRACKET = re.compile(r"\(([^()]*)\)")
#: A bracket that the end of the cell leaves open.
_LEFT_OPEN = re.compile(r"\([^()]*$")
#: A share with a name right behind it, where the comma was forgotten.
_AFTER_SHARE = re.compile(r"(\([^()]*%[^()]*\))\s*(?=\w)")
_HELD = re.compile("[\ue000-\uf8ff]")
_AND = re.compile(r"\s+and\s+(?:the\s+)?")
_LEADING = re.compile(r"^\s*(?:and\s+)?(?:the\s+)?")
#: What stands before an "and" that belongs to a name: Oil and Natural Gas Corporation.
_NAME_GOES_ON = re.compile(
    r"\b(?:business|climate|coal|engineering|exploration|food|gas|heat|industry|iron|oil|refining|"
    r"research|science|trade|waste|water|universit(?:y|ies) of \w+)\s*$|"
    r"(?:^|\b(?:of|for)\s+)(?:energy|power|steel)\s*$",  # also the last words of whole names
    re.IGNORECASE,
)
_CONTRACTOR = re.compile(
    r"feed\b|\bepc|\btech|engineer|feasib|construct|o&m|maintenance|contract|advis|\bpdp\b|"
    r"well completion|consult|\bdesign|licensor|synthesis|electrolyser|\bsuppl|\bstudy\b",
    re.IGNORECASE,
)
_SHARE = re.compile(r"(?P<before>.*?)\s*(?P<share>\d+(?:\.\d+)?)\s*%\s*(?P<after>.*)")
_ROLE = re.compile(
    r"operator|op|own|operate|build|partners?|licen[cs]ee|funding|pci coordinator|co2 source|t&s|"
    r"storage|ship|transport|capture.*|hydrogen|methanol|of .*licen[cs]e|lead.*",
    re.IGNORECASE,
)
_FORMER = re.compile(
    r"(?:formerly|former|previously|ex|following acquisition of)\s+(?!owned\b)(?P<name>.+)",
    re.IGNORECASE,
)
_OWNER = re.compile(
    r"(?:(?:a )?subsidiary of|owned by|part of)\s+(?P<of>.+)|(?P<sub>.+?)\s+sub(?:sidiary)?\.?",
    re.IGNORECASE,
)
_JOINT = re.compile(
    r"joint venture\s*(?:of\s+)?(?P<first>.*)|(?P<last>.+?)\s+joint venture", re.IGNORECASE
)


class Owner(NamedTuple):
    """A firm that owns a partner, with its share [0, 1] or None."""

    name: str
    share: float | None = None


class Partner(NamedTuple):
    """One entry of a list of partners.

    Parameters
    ----------
    name
        Name of the firm.
    share
        Its share of the project [0, 1], or None.
    roles
        What brackets say it does.
    former
        Names that it had, or firms that it took over.
    owners
        Firms that own it.
    remarks
        What else the brackets hold: an owner, a subsidiary or an abbreviation, not said which.
    left_out
        Why it is no partner: a contractor's role, a placeholder, in doubt; None if it is one.
    """

    name: str
    share: float | None = None
    roles: tuple[str, ...] = ()
    former: tuple[str, ...] = ()
    owners: tuple[Owner, ...] = ()
    remarks: tuple[str, ...] = ()
    left_out: str | None = None


def read_partners(text: str | None, *, keep_together: Iterable[str] = ()) -> list[Partner]:
    """Read a cell of partners.

    Parameters
    ----------
    text
        The cell.
    keep_together
        Names with a comma, a semicolon or "and" in them.

    Returns
    -------
    The entries in order, also those that are no partners.

    Examples
    --------
    >>> cell = "Kellas Midstream, SSE Thermal (50%),Worley (FEED)"
    >>> [(p.name, p.share, p.left_out) for p in read_partners(cell)]
    [('Kellas Midstream', None, None), ('SSE Thermal', 0.5, None), ('Worley', None, 'contractors')]
    >>> read_partners("Hafslund Oslo Celsio (formerly Fortum Oslo Varme)")[0].former
    ('Fortum Oslo Varme',)
    """
    return [_read_partner(name, brackets) for name, brackets in _entries(text, keep_together)]


def _entries(text: str | None, keep_together: Iterable[str]) -> list[tuple[str, list[str]]]:
    """Divide a cell into names, each with the texts in its brackets."""
    held: list[str] = []

    def hold(found: re.Match[str]) -> str:
        held.append(found.group())
        return chr(0xE000 + len(held) - 1)

    line = _LEFT_OPEN.sub(r"\g<0>)", " ".join((text or "").split()))
    line = _AFTER_SHARE.sub(r"\1, ", line)
    for name in keep_together:
        line = re.sub(re.escape(name), hold, line)
    line = _BRACKET.sub(hold, line)
    entries = []
    for part in _divide(line):
        pieces = [held[ord(mark) - 0xE000] for mark in _HELD.findall(part)]
        names = [piece for piece in pieces if not piece.startswith("(")]
        name = " ".join([*names, _HELD.sub(" ", part).strip("() ")]).strip()
        brackets = [piece[1:-1] for piece in pieces if piece.startswith("(")]
        if name or brackets:
            entries.append((name, brackets))
    return entries


def _divide(line: str) -> list[str]:
    """Divide at commas, semicolons and the "and" that joins two names."""
    parts: list[str] = []
    for part in re.split(r"[,;]", line):
        goes_on = False
        for piece in _AND.split(_LEADING.sub("", part)):
            if goes_on:
                parts[-1] += f" and {piece}"
            else:
                parts.append(piece)
            goes_on = _NAME_GOES_ON.search(piece) is not None
    return parts


def _read_partner(name: str, brackets: Sequence[str]) -> Partner:
    partner = Partner(name)
    for text in brackets:
        for part in filter(None, (piece.strip() for piece in text.split(","))):
            partner = _with_bracket(partner, part)
    if not partner.name and partner.remarks:  # "(60%, Harbour Energy)"
        partner = partner._replace(name=partner.remarks[0], remarks=partner.remarks[1:])
    cleaned = clean_name(re.sub(r"\(.*?\)", "", partner.name))
    if partner.left_out:
        return partner._replace(name=cleaned or partner.name)
    if cleaned is None:
        return partner._replace(left_out="placeholders")
    if "?" in cleaned:
        return partner._replace(left_out="firms in doubt")
    return partner._replace(name=cleaned)


def _with_bracket(partner: Partner, text: str) -> Partner:
    """Add what one part of a bracket says of a partner."""
    if former := _FORMER.fullmatch(text):
        return partner._replace(former=(*partner.former, former.group("name")))
    for pattern in (_JOINT, _OWNER):
        if found := pattern.fullmatch(text):
            named = next(group for group in found.groups() if group is not None)
            return partner._replace(owners=partner.owners + _owners(named))
    if _CONTRACTOR.search(text):
        return partner._replace(roles=(*partner.roles, text), left_out="contractors")
    if share := _SHARE.fullmatch(text):
        return _with_share(partner, text, share)
    if _ROLE.fullmatch(text):
        return partner._replace(roles=(*partner.roles, text))
    return partner._replace(remarks=(*partner.remarks, text))


def _with_share(partner: Partner, text: str, found: re.Match[str]) -> Partner:
    """Add a share: of the partner in the project, or of a firm in the partner."""
    rest = f"{found.group('before')} {found.group('after')}".strip()
    if rest and not _ROLE.fullmatch(rest):  # "Greencap 40%"
        return partner._replace(owners=partner.owners + _owners(text))
    roles = (*partner.roles, rest) if rest else partner.roles
    return partner._replace(share=_fraction(found.group("share")), roles=roles)


def _owners(text: str) -> tuple[Owner, ...]:
    """Read names joined by "and", each with or without a share."""
    owners = []
    for part in _AND.split(text):
        found = _SHARE.fullmatch(part)
        name = clean_name(f"{found.group('before')} {found.group('after')}" if found else part)
        if name is not None:
            owners.append(Owner(name, _fraction(found.group("share")) if found else None))
    return tuple(owners)


def _fraction(percent: str) -> float:
    return round(float(percent) / 100.0, 6)
