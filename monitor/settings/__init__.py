"""The settings: from the configuration file and the environment, every problem told at once.

``azure.cloud`` in the file is ``PEERING_MONITOR_AZURE__CLOUD`` in the environment, which wins. Scalars in the
environment are plain text, surrounding blanks dropped; lists, maps and whole sections are YAML. An empty variable
is as if it were not set (that is what ``VARIABLE: ${VARIABLE:-}`` in a compose file means); ``null`` sets a
setting that may be null to null, whatever the file says. A section of the environment is merged with that of the
file, key by key; lists and maps such as ``checks.severity`` are replaced as a whole.
"""

from __future__ import annotations

from monitor.settings.fields import Grain, Listen
from monitor.settings.load import CONFIG_VARIABLE, PREFIX, load_settings, to_yaml, variable_of
from monitor.settings.problems import Problem, SettingsError
from monitor.settings.sections import (
    MASK,
    NOT_BUILT,
    Azure,
    Checks,
    Collectors,
    Http,
    Ignore,
    Log,
    Section,
    Settings,
    Staleness,
    Subscriptions,
    Topology,
    Traffic,
)

__all__ = [
    "CONFIG_VARIABLE",
    "MASK",
    "NOT_BUILT",
    "PREFIX",
    "Azure",
    "Checks",
    "Collectors",
    "Grain",
    "Http",
    "Ignore",
    "Listen",
    "Log",
    "Problem",
    "Section",
    "Settings",
    "SettingsError",
    "Staleness",
    "Subscriptions",
    "Topology",
    "Traffic",
    "load_settings",
    "to_yaml",
    "variable_of",
]
