from .linkage_tables import LinkageTables, combine
from .name_candidates import name_candidates, read_aliases, write_candidates
from .ownership.e_prtr import read_eprtr_parents
from .ownership.gem_cement import read_gem_cement
from .ownership.ghgrp import read_ghgrp_parents
from .ownership.sfi import read_sfi_owners
from .ownership.uk_ets import read_uk_ets_accounts
from .projects.cordis import read_cordis
from .projects.gateway_to_research import read_gateway_to_research
from .projects.iea_ccus import read_iea_ccus

__all__ = [
    "LinkageTables",
    "combine",
    "name_candidates",
    "read_aliases",
    "read_cordis",
    "read_eprtr_parents",
    "read_gateway_to_research",
    "read_gem_cement",
    "read_ghgrp_parents",
    "read_iea_ccus",
    "read_sfi_owners",
    "read_uk_ets_accounts",
    "write_candidates",
]
