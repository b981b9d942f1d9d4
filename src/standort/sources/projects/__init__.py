"""Databases of projects: which firms take part in the same one."""
