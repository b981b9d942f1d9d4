"""The firms of places, each under one name, and the tables that link them."""

from __future__ import annotations

from typing import TYPE_CHECKING

import pandas as pd

from standort.linkages import contract_firms
from standort.results.notes import Note

if TYPE_CHECKING:
    from standort.layers import Study
    from standort.linkages import Contraction

#: name of the place of all emitters
ALL_SITES = "all sites"


def contract_study(study: Study, members: pd.DataFrame) -> Contraction:
    """Give each firm of a study one name, as its table ``firms`` says.

    Parameters
    ----------
    study
        A study whose emitters have the column ``firm``.
    members
        Columns ``place`` and ``site_id``.

    Returns
    -------
    The firms of the places, one row for each site, and the linkage tables, contracted; see
    `standort.linkages.contract_firms`.
    """
    names = study.emitters["firm"].reindex(pd.Index(members["site_id"]))
    firms = pd.DataFrame({"place": members["place"], "firm": names.to_numpy(dtype=object)})
    table = study.tables.get
    return contract_firms(
        table("firms"),
        firms,
        table("linkages"),
        table("memberships"),
        assets=table("assets"),
        collection=table("collection"),
        year=study.year,
    )


def declared_members(study: Study) -> pd.DataFrame:
    """Return the members of the places known without clusters: initiatives, and all sites."""
    everyone = pd.DataFrame({"place": ALL_SITES, "site_id": study.emitters.index})
    declared = study.tables.get("initiatives")
    if declared is None:
        return everyone
    own = declared[["initiative", "site_id"]].set_axis(["place", "site_id"], axis="columns")
    return pd.concat([own[own["site_id"].isin(study.emitters.index)], everyone], ignore_index=True)


def firm_notes(study: Study, members: pd.DataFrame) -> list[Note]:
    """Return a note on the names that are another firm, if there are any.

    Parameters
    ----------
    study, members
        As for `contract_study`.
    """
    if "firms" not in study.tables or "firm" not in study.emitters:
        return []
    done = contract_study(study, members)
    if done.names.empty:
        return []
    ids = [f"{name!r} is {firm!r}" for name, firm in done.names["firm"].items()]
    return [Note("firms_contracted", layer="firms", counts=done.counts, ids=tuple(ids))]
