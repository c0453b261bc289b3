"""Health monitor for Azure virtual network peerings."""

__version__ = "0.1.0"
