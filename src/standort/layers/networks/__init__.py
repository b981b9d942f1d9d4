"""Reading networks of lines: OSMnx graphs, OpenStreetMap XML and line layers."""
