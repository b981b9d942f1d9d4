from .degree import linkage, linkage_draws
from .evidence.collection import METHODS, Method
from .firm_tables import LAYERS
from .identity.contraction import Contraction, contract_firms
from .identity.joint_ventures import joint_ventures
from .indicators import linkage_indicators
from .one_mode import projection

__all__ = [
    "LAYERS",
    "METHODS",
    "Contraction",
    "Method",
    "contract_firms",
    "joint_ventures",
    "linkage",
    "linkage_draws",
    "linkage_indicators",
    "projection",
]
