from .graphs import network_from_graph
from .line_layers import network_from_lines
from .network_files import read_network

__all__ = ["network_from_graph", "network_from_lines", "read_network"]
