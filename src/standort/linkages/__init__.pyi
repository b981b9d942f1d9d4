from .degree import linkage, linkage_draws
from .firm_tables import LAYERS
from .identity.contraction import Contraction, contract_firms
from .identity.joint_ventures import joint_ventures
from .indicators import linkage_indicators
from .one_mode import projection

__all__ = [
    "LAYERS",
    "Contraction",
    "contract_firms",
    "joint_ventures",
    "linkage",
    "linkage_draws",
    "linkage_indicators",
    "projection",
]
