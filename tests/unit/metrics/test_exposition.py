from __future__ import annotations

import gzip
import random
import zlib

import pytest
from hypothesis import given
from hypothesis import strategies as st

from monitor.metrics.exposition import CHUNK, Format, Rendered, accepts_gzip, choose_format, compose
from monitor.metrics.render import render
from monitor.model import Snapshot
from tests.unit.metrics.builders import peering, side, snapshot

LIVE = b"live 1\n# EOF\n"

pages = st.lists(
    st.one_of(
        st.binary(max_size=300),
        st.builds(lambda piece, times: piece * times, st.binary(min_size=1, max_size=40), st.integers(1, 20_000)),
        st.integers(0, 1000).map(lambda seed: random.Random(seed).randbytes(40_000)),
    ),
    max_size=4,
)
"""Families' texts from empty to highly repetitive and to what no compression makes smaller."""


def stored(texts: list[bytes]) -> Rendered:
    return Rendered.pack([(text, 1) for text in texts])


@given(texts=pages, live=st.binary(max_size=300))
def test_the_gzipped_body_is_the_plain_body(texts: list[bytes], live: bytes) -> None:
    rendered = stored(texts)
    plain = b"".join(compose(rendered, live, gzip=False))
    assert plain == b"".join(texts) + live
    assert gzip.decompress(b"".join(compose(rendered, live, gzip=True))) == plain


@given(texts=pages)
def test_the_gzipped_body_is_one_member(texts: list[bytes]) -> None:
    """A reader that stops at a member's end, as curl does, has read all of it."""
    unpacker = zlib.decompressobj(zlib.MAX_WBITS + 16)
    body = b"".join(compose(stored(texts), LIVE, gzip=True))
    assert unpacker.decompress(body) == b"".join(texts) + LIVE
    assert unpacker.eof
    assert unpacker.unused_data == b""


@given(texts=pages)
def test_unpacking_is_bounded(texts: list[bytes]) -> None:
    """A client without gzip never brings the whole page into memory."""
    *facts, live = compose(stored(texts), LIVE, gzip=False)
    assert live == LIVE
    assert all(0 < len(chunk) <= CHUNK for chunk in facts)


def test_a_large_page_comes_in_many_pieces() -> None:
    given_snapshot = snapshot(*(side(peering(name=f"p{number}")) for number in range(2_000)))
    pieces = list(compose(Rendered.of(given_snapshot), LIVE, gzip=False))
    assert len(pieces) > 10
    assert b"".join(pieces) == render(given_snapshot) + LIVE


def test_stored_figures_are_of_the_page() -> None:
    rendered = Rendered.of(Snapshot(1.0))
    page = render(Snapshot(1.0))
    assert (rendered.size, rendered.crc, rendered.samples) == (len(page), zlib.crc32(page), 2)


@pytest.mark.parametrize("packed", [True, False])
def test_before_the_first_snapshot_only_the_live_part_is_there(packed: bool) -> None:  # noqa: FBT001  # a parameter of the test
    body = b"".join(compose(None, LIVE, gzip=packed))
    assert (gzip.decompress(body) if packed else body) == LIVE


def test_equal_facts_are_equal_bytes() -> None:
    """No time of day gets into the compressed form."""
    assert Rendered.of(snapshot(side())) == Rendered.of(snapshot(side()))


PROMETHEUS_2 = (
    "application/openmetrics-text;version=1.0.0,application/openmetrics-text;version=0.0.1;q=0.75,"
    "text/plain;version=0.0.4;q=0.5,*/*;q=0.1"
)
PROMETHEUS_3 = (
    "application/openmetrics-text;version=1.0.0;escaping=allow-utf-8;q=0.6,"
    "application/openmetrics-text;version=1.0.0;q=0.5,application/openmetrics-text;version=0.0.1;q=0.4,"
    "text/plain;version=1.0.0;escaping=allow-utf-8;q=0.3,text/plain;version=0.0.4;q=0.2,*/*;q=0.1"
)
PROMETHEUS_TEXT_ONLY = (
    "text/plain;version=1.0.0;escaping=allow-utf-8;q=0.6,text/plain;version=0.0.4;q=0.5,*/*;q=0.2"
)
BROWSER = "text/html,application/xhtml+xml,application/xml;q=0.9,image/webp,*/*;q=0.8"
PROTOBUF = (
    "application/vnd.google.protobuf;proto=io.prometheus.client.MetricFamily;encoding=delimited,"
    "application/openmetrics-text;version=0.0.1;q=0.8,text/plain;version=0.0.4;q=0.5"
)


@pytest.mark.parametrize(
    ("accept", "expected"),
    [
        (None, Format.TEXT),
        ("", Format.TEXT),
        ("*/*", Format.TEXT),
        (BROWSER, Format.TEXT),
        (PROMETHEUS_2, Format.OPENMETRICS),
        (PROMETHEUS_3, Format.OPENMETRICS),
        (PROMETHEUS_TEXT_ONLY, Format.TEXT),
        (PROTOBUF, Format.OPENMETRICS_0_0_1),
        ("text/plain", Format.TEXT),
        ("text/plain;version=0.0.4", Format.TEXT),
        ("text/*;q=0.5, application/openmetrics-text;q=0.4", Format.TEXT),
        ("application/openmetrics-text", Format.OPENMETRICS),
        ("application/openmetrics-text; version=0.0.1", Format.OPENMETRICS_0_0_1),
        ('Application/OpenMetrics-Text ; Version="1.0.0" ; charset=utf-8', Format.OPENMETRICS),
        ("application/openmetrics-text;version=2.0.0", Format.TEXT),
        (
            "application/openmetrics-text;version=2.0.0,application/openmetrics-text;version=1.0.0;q=0.1",
            Format.OPENMETRICS,
        ),
        ("application/openmetrics-text, */*", Format.OPENMETRICS),
        ("application/openmetrics-text;q=0.2, text/plain;q=0.3", Format.TEXT),
        ("application/openmetrics-text;q=0, */*", Format.TEXT),
        (
            "application/openmetrics-text;version=1.0.0;q=0, application/openmetrics-text;q=0.5",
            Format.OPENMETRICS_0_0_1,
        ),
        ("text/plain;q=0, application/openmetrics-text;q=0.1", Format.OPENMETRICS),
        ("text/plain;q=0", Format.TEXT),
        ("application/openmetrics-text;q=0", Format.TEXT),
        ("application/*", Format.OPENMETRICS),
        ("application/openmetrics-text;q=high, text/plain;q=0.1", Format.TEXT),
        ("application/openmetrics-text;q=nan, text/plain;q=0.1", Format.TEXT),
        ("application/json", Format.TEXT),
        (";;,,q=1;", Format.TEXT),
    ],
)
def test_format(accept: str | None, expected: Format) -> None:
    assert choose_format(accept) is expected


def test_content_types_are_the_registered_ones() -> None:
    assert [form.content_type for form in Format] == [
        "text/plain; version=0.0.4; charset=utf-8",
        "application/openmetrics-text; version=1.0.0; charset=utf-8",
        "application/openmetrics-text; version=0.0.1; charset=utf-8",
    ]


@pytest.mark.parametrize(
    ("accept_encoding", "expected"),
    [
        (None, False),
        ("", False),
        ("gzip", True),
        ("GZIP", True),
        ("x-gzip", True),
        ("deflate, gzip;q=0.5, br", True),
        ("deflate, br", False),
        ("gzip;q=0", False),
        ("gzip; q=0.000", False),
        ("gzip;q=0.001", True),
        ("*", True),
        ("*;q=0", False),
        ("gzip;q=0, *", False),
        ("*;q=0, gzip", True),
        ("identity", False),
        ("identity;q=0", False),
        ("gzip;q=yes", False),
        ("gzipped", False),
    ],
)
def test_gzip(accept_encoding: str | None, *, expected: bool) -> None:
    assert accepts_gzip(accept_encoding) is expected


@given(header=st.text())
def test_no_header_is_an_error(header: str) -> None:
    """A scrape is answered whatever the client sends."""
    assert choose_format(header) in Format
    assert accepts_gzip(header) in (True, False)
