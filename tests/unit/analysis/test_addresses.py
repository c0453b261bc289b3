"""Prefixes against brute force: in a space of 16 addresses every one can be looked at."""

from __future__ import annotations

from ipaddress import IPv4Network, ip_network

import pytest
from hypothesis import given
from hypothesis import strategies as st

from monitor.analysis.addresses import Block, BlockIndex, address, block, leave_nothing

ALL = [one for length in range(28, 33) for one in ip_network("10.0.0.0/28").subnets(new_prefix=length)]
PREFIX = st.sampled_from(ALL)
PREFIXES = st.lists(PREFIX, max_size=8)


def read(prefix: IPv4Network) -> Block:
    found = block(str(prefix))
    assert found is not None
    return found


def inside(prefix: IPv4Network, other: IPv4Network) -> bool:
    return set(prefix) <= set(other)


@given(PREFIXES, PREFIX)
def test_an_index_finds_what_contains_a_prefix_the_longest_first(
    many: list[IPv4Network], one: IPv4Network
) -> None:
    index = BlockIndex((read(other), str(other)) for other in many)
    found = [attached for _, attached in index.containing(read(one))]
    expected = sorted((other for other in many if inside(one, other)), key=lambda other: -other.prefixlen)
    assert found == [str(other) for other in expected]


@given(PREFIXES, PREFIX)
def test_an_index_finds_what_lies_in_a_prefix(many: list[IPv4Network], one: IPv4Network) -> None:
    index = BlockIndex((read(other), str(other)) for other in many)
    assert sorted(attached for _, attached in index.within(read(one))) == sorted(
        str(other) for other in many if inside(other, one)
    )


@given(PREFIXES, PREFIX)
def test_what_meets_a_prefix_is_told_with_what_both_have(many: list[IPv4Network], one: IPv4Network) -> None:
    index = BlockIndex((read(other), other) for other in many)
    for common, other in index.meeting(read(one)):
        assert {int(each) for each in set(one) & set(other)} == set(range(common.first, common.last + 1))
    met = sum(1 for _ in index.meeting(read(one)))
    assert met == sum(1 for other in many if set(one) & set(other))


@given(PREFIXES, PREFIX)
def test_blocks_leave_nothing_of_a_whole_or_something(many: list[IPv4Network], one: IPv4Network) -> None:
    covered = {each for other in many for each in other}
    assert leave_nothing(read(one), map(read, many)) == (set(one) <= covered)


def test_versions_have_nothing_in_common() -> None:
    four, six = block("0.0.0.0/0"), block("::/0")
    assert four
    assert six
    assert four.common(six) is None
    assert not leave_nothing(four, [six])
    assert list(BlockIndex([(six, 1)]).meeting(four)) == []


@pytest.mark.parametrize("text", ["", "AzureCloud", "10.0.0.0/33", "10.0.0", "10.0.0.0/a", "\u0661.1.1.1/8"])
def test_what_is_no_prefix_is_passed_over(text: str) -> None:
    assert block(text) is None


@pytest.mark.parametrize("text", ["", "10.0.0.0/32", "10.0.0", "fw"])
def test_what_is_no_address_is_passed_over(text: str) -> None:
    assert address(text) is None


@pytest.mark.parametrize(
    ("text", "shortest"), [(" 10.0.0.4", "10.0.0.4"), ("FD00:0:0::4", "fd00::4"), ("::1", "::1")]
)
def test_an_address_is_shown_in_its_shortest_form(text: str, shortest: str) -> None:
    found = address(text)
    assert found
    assert found.first_address() == shortest


def test_host_bits_do_not_matter() -> None:
    assert block("10.0.0.5/16") == block("10.0.0.0/16")
