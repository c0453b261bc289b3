"""Exact ``az`` commands, safe to paste whatever the names hold.

A command always names its subscription, resource group, network and peering, so that it never depends on what the
shell's user has set as a default. A repair is whole or empty: where one of its commands cannot be written (an id
without a subscription, say), none is given, because the first half of a repair can be worse than the fault.
"""

from __future__ import annotations

import re
import shlex
from dataclasses import replace
from typing import TYPE_CHECKING

from monitor.model import ArmId, ascii_lower

if TYPE_CHECKING:
    from collections.abc import Iterable, Sequence

    from monitor.model import HalfMissing, Peering

LONGEST_NAME = 80
"""Azure's limit on the name of a peering."""

_SIDE_FIELDS = "[].{name:name, remote:remoteVirtualNetwork.id, state:peeringState, sync:peeringSyncLevel}"
_PLAIN_ITEM = re.compile(r"[A-Za-z_][A-Za-z0-9_.-]*")
_READ_AS_ANOTHER_TYPE = {"null", "NaN", "Infinity"}
_MIRRORED_NAME = re.compile(r"(?P<here>.+)(?P<to>[-_.]to[-_.])(?P<there>.+)", re.IGNORECASE | re.DOTALL)


class _CannotBeWrittenError(Exception):
    """A value that no command line can carry, or one that is not known."""


def delete(*peerings: Peering) -> tuple[str, ...]:
    """Delete these sides."""
    return _commands(["delete", *_names(peering)] for peering in peerings)


def create(*peerings: Peering) -> tuple[str, ...]:
    """Create these sides with the flags they carry.

    One that uses remote gateways comes after the one that shares them, because Azure asks for that order.
    """
    return _commands(_create(peering) for peering in _gateway_users_last(peerings))


def recreate(peerings: Sequence[Peering], lost: Sequence[Peering] = ()) -> tuple[str, ...]:
    """Delete what is left of a link and create all of it again.

    Azure refuses to create only the lost side of a Disconnected peering (RemotePeeringIsDisconnected).
    """
    deletions = delete(*peerings)
    creations = create(*peerings, *lost)
    return deletions + creations if deletions and creations else ()


def recreate_beside_unseen(peering: Peering) -> tuple[str, ...]:
    """Look at what is left on the other side, which only its owner can delete and create, and renew this one."""
    renewal = recreate([peering])
    return find_back(peering) + renewal if renewal else ()


def sync(*peerings: Peering) -> tuple[str, ...]:
    """Take over the remote network's present address space on these sides."""
    return _commands(_sync(peering) for peering in peerings)


def set_flag(flag: str, *peerings: Peering, on: bool = True) -> tuple[str, ...]:
    """Turn one flag (by Azure's name) of these sides on or off, leaving all others as they are."""
    return _commands(
        ["update", *_names(peering), "--set", f"{flag}={'true' if on else 'false'}"] for peering in peerings
    )


def select_as(peering: Peering, model: Peering) -> tuple[str, ...]:
    """Make a side select what the other side of its link, ``model``, selects."""
    mirrored = replace(
        model, local_subnet_names=model.remote_subnet_names, remote_subnet_names=model.local_subnet_names
    )
    return _commands(
        ["update", *_names(side), *_selection(mirrored), "--sync-remote", "true"] for side in (peering,)
    )


def write_again(*peerings: Peering) -> tuple[str, ...]:
    """Write these sides again as they are, so that Azure provisions them anew."""
    return _commands(["update", *_names(peering)] for peering in peerings)


def show(*peerings: Peering) -> tuple[str, ...]:
    """Print what Azure says of these sides."""
    return _commands(["show", *_names(peering)] for peering in peerings)


def find_back(peering: Peering) -> tuple[str, ...]:
    """List the remote network's peerings, where the name of the one that points back is not known."""
    return _commands(
        ["list", *_network(vnet), "--query", _SIDE_FIELDS, "--output", "table"] for vnet in (peering.remote_vnet,)
    )


def encrypt(vnet: ArmId) -> tuple[str, ...]:
    """Turn on a network's encryption, still letting in virtual machines that cannot encrypt."""
    try:
        words = [
            "az", "network", "vnet", "update",
            *_option("--subscription", vnet.subscription_id, as_is=True),
            *_option("--resource-group", vnet.resource_group),
            *_option("--name", vnet.name),
            "--enable-encryption", "true",
            "--encryption-enforcement-policy", "AllowUnencrypted",
        ]  # fmt: skip
        return (" ".join(map(_quoted, words)),)
    except _CannotBeWrittenError:
        return ()


def lost_side(survivor: Peering, missing: HalfMissing) -> Peering:
    """The side that is missing, as it would have to be created: named sensibly, agreeing with the survivor.

    What the survivor does not tell stays at Azure's default: whether the lost side used the survivor's gateway.
    """
    vnet = missing.vnet.id if missing.vnet else missing.vnet_id
    taken = {ascii_lower(peering.name) for peering in missing.vnet.peerings} if missing.vnet else set()
    name = _lost_name(survivor, taken)
    return replace(
        survivor,
        id=ArmId(f"{vnet.text}/virtualNetworkPeerings/{name}"),
        vnet=vnet,
        remote_vnet=survivor.vnet,
        allow_gateway_transit=survivor.use_remote_gateways,
        use_remote_gateways=None,
        local_subnet_names=survivor.remote_subnet_names,
        remote_subnet_names=survivor.local_subnet_names,
    )


def _lost_name(survivor: Peering, taken: set[str]) -> str:
    match = _MIRRORED_NAME.fullmatch(survivor.name)
    here, to, there = (
        match.group("there", "to", "here") if match else (survivor.remote_vnet.name, "-to-", survivor.vnet.name)
    )
    room = LONGEST_NAME - len(to) - len("-99")
    if len(here) + len(there) > room:
        here, there = here[: room // 2], there[: room // 2].rstrip("-.")
    name = f"{here}{to}{there}"
    number = 2
    while ascii_lower(name) in taken:
        name = f"{here}{to}{there}-{number}"
        number += 1
    return name


def _gateway_users_last(peerings: Iterable[Peering]) -> list[Peering]:
    return sorted(peerings, key=lambda peering: peering.use_remote_gateways is True)


def _commands(commands: Iterable[list[str]]) -> tuple[str, ...]:
    try:
        return tuple(" ".join(map(_quoted, ["az", "network", "vnet", "peering", *words])) for words in commands)
    except _CannotBeWrittenError:
        return ()


def _create(peering: Peering) -> list[str]:
    flags = [
        # Azure's default where it did not say; the CLI's own is off.
        ("--allow-vnet-access", peering.allow_virtual_network_access is not False),
        ("--allow-forwarded-traffic", peering.allow_forwarded_traffic),
        ("--allow-gateway-transit", peering.allow_gateway_transit),
        ("--use-remote-gateways", peering.use_remote_gateways),
    ]
    return [
        "create",
        *_names(peering),
        *_option("--remote-vnet", peering.remote_vnet.text),
        *(flag for flag, on in flags if on),
        *_selection(peering, unless_complete=True),
    ]


def _sync(peering: Peering) -> list[str]:
    if peering.peer_complete_vnets is False:
        # ``peering sync`` writes the peering anew with a few flags only and would turn it into one of whole
        # networks; ``update`` keeps what it does not name.
        return ["update", *_names(peering), "--sync-remote", "true"]
    return ["sync", *_names(peering, as_is=True)]


def _selection(peering: Peering, *, unless_complete: bool = False) -> list[str]:
    if peering.peer_complete_vnets is not False:
        return [] if unless_complete else ["--peer-complete-vnets", "true"]
    words = ["--peer-complete-vnets", "false"]
    if peering.only_ipv6:
        words += ["--enable-only-ipv6", "true"]
    if peering.local_subnet_names:
        words += ["--local-subnet-names", _list(peering.local_subnet_names)]
    if peering.remote_subnet_names:
        words += ["--remote-subnet-names", _list(peering.remote_subnet_names)]
    return words


def _names(peering: Peering, *, as_is: bool = False) -> list[str]:
    return [*_network(peering.vnet, as_is=as_is), *_option("--name", peering.name, as_is=as_is)]


def _network(vnet: ArmId, *, as_is: bool = False) -> list[str]:
    return [
        *_option("--subscription", vnet.subscription_id, as_is=True),
        *_option("--resource-group", vnet.resource_group, as_is=as_is),
        *_option("--vnet-name", vnet.name, as_is=as_is),
    ]


def _option(name: str, value: str, *, as_is: bool = False) -> list[str]:
    """An option and its value, so that the CLI takes the value literally.

    ``as_is`` is for the options that the CLI does not read in its shorthand syntax: those of ``sync`` and
    ``--subscription``.
    """
    if not value or "\0" in value:
        raise _CannotBeWrittenError(name)
    if not as_is:
        value = _literal(value)
    return [f"{name}={value}"] if value.startswith("-") else [name, value]


def _literal(value: str) -> str:
    """A value that would mean something to the CLI (``null``, ``??``, ``@file``), in its quotes."""
    if value in {"null", "??"} or value[0] in "'@":
        return _in_quotes(value)
    return value


def _list(values: Sequence[str]) -> str:
    """Several values in the CLI's list syntax.

    As separate words a name that begins with a hyphen would be an option, and one that is also the name of a file
    would be read from there.
    """
    if any(not value or "\0" in value for value in values):
        raise _CannotBeWrittenError("list")
    return f"[{','.join(map(_item, values))}]"


def _item(value: str) -> str:
    plain = _PLAIN_ITEM.fullmatch(value) and value not in _READ_AS_ANOTHER_TYPE
    return value if plain else _in_quotes(value)


def _in_quotes(value: str) -> str:
    """The CLI's own single quotes, in which a quote is written ``'/``."""
    escaped = value.replace("'", "'/")
    return f"'{escaped}'"


def _quoted(word: str) -> str:
    """One word for a shell (bash, zsh); what a terminal would act on becomes an escape that only the shell reads.

    The escapes are octal: hexadecimal ones swallow a digit after them in some shells, and those of Unicode depend
    on the locale. An exclamation mark is escaped too: inside ``$'...'`` some shells expand history.
    """
    if word.isprintable():
        return shlex.quote(word)
    return f"$'{''.join(map(_escaped, word))}'"


def _escaped(character: str) -> str:
    if character.isprintable() and character not in "\\'!":
        return character
    return "".join(f"\\{byte:03o}" for byte in character.encode("utf-8", "surrogatepass"))
