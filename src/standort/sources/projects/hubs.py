"""Names of the hubs in the IEA's database, each of which is written in several ways."""

from __future__ import annotations

import re

#: Spellings by hub, in lower case. A new spelling is a hub of its own until it is added here.
_SPELLINGS: dict[str, tuple[str, ...]] = {
    "HyNet": (
        "liverpool bay co2 storage (hynet)",
        "liverpool bay co2 storage",
        "hynet north west (liverpool bay co2 storage)",
        "hynet",
    ),
    "Northern Endurance Partnership": ("northern endurance",),
    "Aramis CCS": ("aramis", "aramis ccs"),
    "Viking CCS": ("viking",),
    "Acorn CCS": ("acorn",),
    "Kalundborg hub": ("kalundborg",),
    "Errai project": (
        "polaris offshore storage facility (errai project)",
        "polaris offshore storage facility",
    ),
    "Poseidon CCS": ("ukcs poseidon ccs project", "poseidon co2 storage"),
    "Bacton Thames Net Zero Initiative": ("bacton thames net zero initiative",),
    "ECO2CEE": ("eco2cee (gdansk terminal)",),
    "CO2nnectNow HES Wilhelmshaven Tank Terminal": (
        "co2nnectnow hes wilhelmshaven tank terminal phase 1",
    ),
    "CCS Baltic Consortium": (
        "ccs baltic consortium, klapeida terminal",
        "ccs baltic constium, klapeida terminal",
    ),
    "Wintershall Dea-Equinor Germany-Norway pipeline": (
        "wintershall dea-equinor gernany-norway pipeline",
    ),
    "Wintershall Dea-Fluxys Belgium-Germany pipeline": (
        "wintershell dea-fluxys belgium-germany pipeline",
    ),
    "German Carbon Grid": ("german carbon transport grid",),
    "Prinos CO2 storage": ("prinos ccs",),
}
_HUB_OF = {text: hub for hub, texts in _SPELLINGS.items() for text in (hub.casefold(), *texts)}


def read_hubs(text: str | None) -> tuple[list[str], bool]:
    """Return the hubs that a cell names, and whether it leaves open which of them.

    Examples
    --------
    >>> read_hubs("Hynet North West (Liverpool Bay CO2 storage)")
    (['HyNet'], False)
    >>> read_hubs("Kalundborg hub/Northern Lights")
    (['Kalundborg hub', 'Northern Lights'], False)
    >>> read_hubs("Hynet or Northern Endurance")
    (['HyNet', 'Northern Endurance Partnership'], True)
    """
    cell = " ".join((text or "").split())
    if cell.casefold() in _HUB_OF:
        return [_HUB_OF[cell.casefold()]], False
    parts = [part.strip() for part in re.split(r"/|,|\s+or\s+", cell)]
    hubs = [_HUB_OF.get(part.casefold(), part) for part in parts if part and part != "0"]
    return list(dict.fromkeys(hubs)), re.search(r"\s+or\s+", cell) is not None


def without_phase(project: str) -> str:
    """Return the name of a project without the number of its phase.

    Examples
    --------
    >>> without_phase("Drax BECCS Project (Phase 1)"), without_phase("L10 CCS phase 2")
    ('Drax BECCS Project', 'L10 CCS')
    """
    name = " ".join(project.split())
    ending = r"\s*[-,]?\s*\(?\s*\b(?:phase|train)\s*\d+\s*\??\s*\)?\s*$"
    return re.sub(ending, "", name, flags=re.IGNORECASE) or name
