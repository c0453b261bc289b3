from __future__ import annotations

from dataclasses import replace
from typing import Any

import pytest
from hypothesis import example, given, settings
from hypothesis import strategies as st

from monitor.analysis import repair
from monitor.model import Absence, ArmId, HalfMissing, Peering
from tests.unit.analysis.builders import SUBSCRIPTION, a, network, peering, vnet_id
from tests.unit.analysis.shell import items_of, options_of, words_of

NASTY = [
    "it's",
    'say "hi"',
    "$(touch pwned)",
    "`id`",
    "back\\slash\\",
    "two\nlines",
    "carriage\rreturn",
    "bell\x07 escape\x1b[2J title\x1b]0;x\x07",
    "delete\x7f c1\x9b2J",
    "a;b & c | d > e < f",
    "!! !-1 !x",
    "$HOME ${HOME} ~ * ? [a] {b,c}",
    "~root",
    "#comment",
    "--yes",
    "-rf",
    "-",
    "=",
    "a=b",
    "@passwd",
    "@",
    "null",
    "??",
    "'quoted'",
    "'",
    " leading and trailing ",
    "\t",
    "网络-हब-сеть-شبكة-\U0001f310",
    "e\u0301",
    "right\u202eleft \u2066x\u2069",
    "zero\u200bwidth",
    "no\u00a0break",
    "line\u2028separator",
    "it's\nboth",
    "octal\x011",
    "b!\n'c\\",
    "%s %n",
]
TEXT = st.text(st.characters(exclude_characters="\0/", exclude_categories=["Cs"]), min_size=1, max_size=12)


def side_named(name: str, **facts: Any) -> Peering:
    """A side all of whose names are the same."""
    vnet = vnet_id(name, group=name)
    remote = vnet_id(f"remote of {name}", group=name)
    return replace(peering(vnet, remote, name=name), **facts)


def every_command(side: Peering) -> tuple[str, ...]:
    return (
        *repair.delete(side),
        *repair.create(side),
        *repair.sync(side),
        *repair.set_flag("allowVirtualNetworkAccess", side),
        *repair.select_as(side, side),
        *repair.write_again(side),
        *repair.show(side),
    )


def assert_exact(name: str, *, locale: str = "C.UTF-8") -> None:
    side = side_named(
        name, peer_complete_vnets=False, local_subnet_names=(name, "web"), remote_subnet_names=(name,)
    )
    commands = every_command(side) + repair.sync(replace(side, peer_complete_vnets=None))
    for command in commands:
        assert command.isprintable(), "nothing in a command may act on a terminal or break its line"
    calls = words_of(commands, locale=locale)
    assert len(calls) == len(commands)
    for words in calls:
        options = options_of(words)
        assert words[:4] == ["az", "network", "vnet", "peering"]
        assert options["--subscription"] == SUBSCRIPTION
        assert options["--resource-group"] == name
        assert options["--vnet-name"] == name
        assert options["--name"] == name
    created = options_of(calls[1])
    assert created["--remote-vnet"] == side.remote_vnet.text
    assert items_of(created["--local-subnet-names"]) == [name, "web"]
    assert items_of(created["--remote-subnet-names"]) == [name]


@pytest.mark.parametrize("name", NASTY)
def test_a_shell_hands_every_name_to_az_exactly(name: str) -> None:
    assert_exact(name)


@given(TEXT)
@settings(max_examples=60, deadline=None)
def test_a_shell_hands_any_name_to_az_exactly(name: str) -> None:
    assert_exact(name)


def test_names_survive_a_shell_without_unicode() -> None:
    assert_exact("网络\n\u202e", locale="C")


@pytest.mark.parametrize("name", NASTY)
def test_the_network_of_an_unseen_side_is_listed_safely(name: str) -> None:
    side = replace(side_named("x"), remote_vnet=vnet_id(name, group=name))
    (words,) = words_of(repair.find_back(side))
    options = options_of(words)
    assert words[4] == "list"
    assert options["--vnet-name"] == name
    assert options["--query"].startswith("[].{name:name")
    (words,) = words_of(repair.encrypt(side.remote_vnet))
    assert options_of(words)["--name"] == name


def test_plain_names_make_plain_commands() -> None:
    side = peering("vnet-a", "vnet-b")
    where = f"--subscription {SUBSCRIPTION} --resource-group rg-net --vnet-name vnet-a --name vnet-a-to-vnet-b"
    assert repair.delete(side) == (f"az network vnet peering delete {where}",)
    assert repair.create(side) == (
        f"az network vnet peering create {where} --remote-vnet {side.remote_vnet} --allow-vnet-access",
    )
    assert repair.sync(side) == (f"az network vnet peering sync {where}",)
    assert repair.set_flag("allowGatewayTransit", side, on=False) == (
        f"az network vnet peering update {where} --set allowGatewayTransit=false",
    )


def test_create_carries_the_flags_that_were_read() -> None:
    side = peering(
        "vnet-a",
        "vnet-b",
        allow_virtual_network_access=False,
        allow_forwarded_traffic=True,
        allow_gateway_transit=True,
        use_remote_gateways=True,
    )
    (command,) = repair.create(side)
    assert command.endswith("--allow-forwarded-traffic --allow-gateway-transit --use-remote-gateways")


def test_create_allows_access_where_azure_did_not_say() -> None:
    assert repair.create(peering("vnet-a", "vnet-b", allow_virtual_network_access=None))[0].endswith("-access")


def test_the_side_that_uses_remote_gateways_is_created_last() -> None:
    user = peering("vnet-a", "vnet-b", use_remote_gateways=True)
    owner = peering("vnet-b", "vnet-a", allow_gateway_transit=True)
    for order in ((user, owner), (owner, user)):
        names = [options_of(words)["--vnet-name"] for words in words_of(repair.create(*order))]
        assert names == ["vnet-b", "vnet-a"]


@pytest.mark.parametrize(
    "vnet",
    [
        ArmId("/providers/Microsoft.Network/virtualNetworks/vnet-a"),
        ArmId("/subscriptions/x/providers/Microsoft.Network/virtualNetworks/vnet-a"),
        ArmId(
            f"/subscriptions/{SUBSCRIPTION}/resourceGroups/a\0b/providers/Microsoft.Network/virtualNetworks/vnet-a"
        ),
        ArmId(""),
    ],
)
def test_a_repair_that_cannot_be_written_whole_is_not_written_at_all(vnet: ArmId) -> None:
    broken, sound = peering(vnet, "vnet-b", name="x"), peering("vnet-b", "vnet-a")
    assert every_command(broken) == ()
    assert repair.recreate([sound, broken]) == ()
    assert repair.recreate([sound], [broken]) == ()
    assert repair.sync(sound, broken) == ()
    assert repair.find_back(replace(sound, remote_vnet=vnet)) == ()
    assert repair.encrypt(vnet) == ()


@pytest.mark.parametrize("name", ["", "a\0b"])
def test_a_subnet_that_cannot_be_named_leaves_no_command(name: str) -> None:
    side = side_named("x", peer_complete_vnets=False, remote_subnet_names=("web", name))
    assert repair.create(side) == ()
    assert repair.delete(side) != ()


@pytest.mark.parametrize("name", ["1e5", "null", "NaN", "true", "a,b", "a:b", "x]", "-x", "0"])
def test_subnets_are_named_so_that_the_cli_takes_them_for_text(name: str) -> None:
    side = side_named("x", peer_complete_vnets=False, local_subnet_names=(name,))
    value = options_of(words_of(repair.create(side))[0])["--local-subnet-names"]
    assert items_of(value) == [name]
    assert value == (f"[{name}]" if name == "true" else f"['{name}']")


@pytest.mark.parametrize(
    ("survivor", "lost"),
    [
        ("hub-to-app", "app-to-hub"),
        ("Hub_TO_App", "App_TO_Hub"),
        ("peer1", "vnet-b-to-vnet-a"),
        ("-to-", "vnet-b-to-vnet-a"),
    ],
)
def test_a_lost_side_gets_a_name_like_that_of_its_survivor(survivor: str, lost: str) -> None:
    missing = HalfMissing(vnet_id("vnet-b"), Absence.PEERING)
    assert repair.lost_side(a(name=survivor).peering, missing).name == lost


@given(TEXT, TEXT)
@example("x" * 64, "y" * 64)
def test_a_lost_side_gets_a_name_that_is_free_and_not_too_long(here: str, there: str) -> None:
    survivor = peering(vnet_id(here), vnet_id(there), name="p")
    taken = network(survivor.remote_vnet)
    names = set()
    for _ in range(3):
        lost = repair.lost_side(survivor, HalfMissing(taken.id, Absence.PEERING, taken))
        assert len(lost.name) <= repair.LONGEST_NAME
        assert lost.id.key not in names
        names.add(lost.id.key)
        taken = replace(taken, peerings=(*taken.peerings, lost))
