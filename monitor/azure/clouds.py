"""Where each Azure cloud lives: its Resource Manager, its sign-in authority, its portal."""

from __future__ import annotations

from dataclasses import dataclass

from azure.core import AzureClouds
from azure.identity import AzureAuthorityHosts


@dataclass(frozen=True, slots=True)
class Cloud:
    """One Azure cloud. ``setting`` makes the SDK choose the Resource Manager endpoint and the token's audience."""

    setting: AzureClouds
    authority: str
    portal_url: str


CLOUDS = {
    "public": Cloud(
        AzureClouds.AZURE_PUBLIC_CLOUD,
        AzureAuthorityHosts.AZURE_PUBLIC_CLOUD,
        "https://portal.azure.com",
    ),
    "usgovernment": Cloud(
        AzureClouds.AZURE_US_GOVERNMENT,
        AzureAuthorityHosts.AZURE_GOVERNMENT,
        "https://portal.azure.us",
    ),
    "china": Cloud(
        AzureClouds.AZURE_CHINA_CLOUD,
        AzureAuthorityHosts.AZURE_CHINA,
        "https://portal.azure.cn",
    ),
}
