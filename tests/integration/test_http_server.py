"""What the daemon serves over HTTP: whole answers at once, whatever Azure does."""

from __future__ import annotations

import asyncio
import gzip
import random
import time
from contextlib import AsyncExitStack, asynccontextmanager
from html.parser import HTMLParser
from typing import TYPE_CHECKING

import pytest
from prometheus_client import CollectorRegistry, Counter
from prometheus_client.openmetrics.parser import text_string_to_metric_families as parse_openmetrics
from prometheus_client.parser import text_string_to_metric_families as parse_text

from monitor.runtime.store import Store
from monitor.simulator import Fault, Hang, events, parse_estate
from monitor.web.page import Page
from monitor.web.server import Server
from tests.integration.harness import monitored
from tests.integration.live import client, eventually, live, series

if TYPE_CHECKING:
    from collections.abc import AsyncIterator, Callable

    from monitor.runtime.store import Published
    from monitor.simulator import Estate, Simulator
    from tests.integration.live import Client

TEXT = "text/plain; version=0.0.4; charset=utf-8"
OPENMETRICS = "application/openmetrics-text; version=1.0.0; charset=utf-8"
PROMETHEUS_2 = (
    "application/openmetrics-text;version=1.0.0,application/openmetrics-text;version=0.0.1;q=0.75,"
    "text/plain;version=0.0.4;q=0.5,*/*;q=0.1"
)
PROMETHEUS_3 = (
    "application/openmetrics-text;version=1.0.0;escaping=allow-utf-8;q=0.6,"
    "application/openmetrics-text;version=0.0.1;q=0.5,text/plain;version=1.0.0;escaping=allow-utf-8;q=0.4,"
    "text/plain;version=0.0.4;q=0.3,*/*;q=0.2"
)
BROWSER = "text/html,application/xhtml+xml,application/xml;q=0.9,image/avif,image/webp,*/*;q=0.8"
EOF = b"# EOF\n"
AT_ONCE = 1.0
"""Seconds that an answer may take on a busy machine; an answer that waits for Azure takes longer."""


@asynccontextmanager
async def serving(
    latest: Published | None = None, *, store: Store | None = None, beats: Callable[[], bool] = lambda: True
) -> AsyncIterator[Client]:
    """The server alone, with one counter about ourselves that stands still."""
    store = store or Store()
    if latest is not None:
        store.publish(latest)
    registry = CollectorRegistry()
    Counter("peering_monitor_tests", "A counter.", registry=registry).inc(3)
    server = Server(host="127.0.0.1", port=0, store=store, registry=registry, beats=beats, page=Page())
    async with server, client(server.url) as http:
        yield http


async def publications(*happenings: events.Event, estate: str | Estate = "hub-spoke") -> list[Published]:
    """What is published of an estate: at first, and after each of these events."""
    published = []
    async with monitored(estate) as tenant:
        for happening in (None, *happenings):
            if happening is not None:
                tenant.azure.apply(happening)
            await tenant.topology()
            assert tenant.store.latest is not None
            published.append(tenant.store.latest)
    return published


def forbid_partner(azure: Simulator) -> None:
    azure.apply(events.SubscriptionAnswers(subscription="sub-partner-integration", answer="forbidden"))


def hang(azure: Simulator) -> None:
    azure.faults.add(Fault(Hang()))


class TestMetrics:
    @pytest.mark.parametrize(
        ("accept", "content_type"),
        [
            (None, TEXT),
            ("*/*", TEXT),
            (BROWSER, TEXT),
            ("text/plain", TEXT),
            ("application/json", TEXT),
            (PROMETHEUS_2, OPENMETRICS),
            (PROMETHEUS_3, OPENMETRICS),
            ("application/openmetrics-text", OPENMETRICS),
            ("application/openmetrics-text;q=0.4,text/plain;version=0.0.4", TEXT),
        ],
    )
    async def test_the_format_is_the_one_asked_for(self, accept: str | None, content_type: str) -> None:
        async with serving((await publications())[0]) as http:
            answer = await http.ask("/metrics", **({"Accept": accept} if accept else {}))
        assert answer.status == 200
        assert answer.headers["Content-Type"] == content_type
        assert answer.headers["Vary"] == "Accept, Accept-Encoding"
        assert answer.body.endswith(EOF) == (content_type == OPENMETRICS)
        assert answer.body.count(EOF) == (content_type == OPENMETRICS)

    @pytest.mark.parametrize("accept", ["text/plain", PROMETHEUS_2])
    async def test_gzipped_or_not_the_content_is_the_same(self, accept: str) -> None:
        async with serving((await publications())[0]) as http:
            plain = await http.ask("/metrics", Accept=accept)
            refused = await http.ask("/metrics", Accept=accept, Accept_Encoding="gzip;q=0, br")
            packed = await http.ask("/metrics", Accept=accept, Accept_Encoding="gzip")
        assert "Content-Encoding" not in plain.headers
        assert "Content-Encoding" not in refused.headers
        assert packed.headers["Content-Encoding"] == "gzip"
        assert len(packed.body) < len(plain.body) / 5
        assert gzip.decompress(packed.body) == plain.body == refused.body

    async def test_both_formats_hold_the_same_series(self) -> None:
        (published,) = await publications()
        async with serving(published) as http:
            text = (await http.ask("/metrics", Accept="text/plain")).text
            openmetrics = (await http.ask("/metrics", Accept=PROMETHEUS_2)).text
        as_text = {
            (one.name, *sorted(one.labels.items())): one.value for f in parse_text(text) for one in f.samples
        }
        families = parse_openmetrics(openmetrics)  # type: ignore[no-untyped-call]  # the library's omission
        assert {
            (one.name, *sorted(one.labels.items())): one.value for f in families for one in f.samples
        } == as_text
        assert len(as_text) == published.rendered.samples + 1

    @pytest.mark.parametrize("encoding", ["gzip", "identity"])
    async def test_head_is_the_same_without_a_body(self, encoding: str) -> None:
        async with serving((await publications())[0]) as http:
            got = await http.ask("/metrics", Accept_Encoding=encoding)
            head = await http.ask("/metrics", method="HEAD", Accept_Encoding=encoding)
        assert head.status == 200
        assert head.body == b""
        for name in ("Content-Type", "Content-Encoding", "Vary"):
            assert head.headers.get(name) == got.headers.get(name)

    @pytest.mark.parametrize(
        ("accept", "end"), [("text/plain", b"peering_monitor_tests_total 3.0\n"), (PROMETHEUS_2, EOF)]
    )
    @pytest.mark.parametrize("encoding", ["gzip", "identity"])
    async def test_before_the_first_snapshot_there_are_only_facts_about_ourselves(
        self, accept: str, end: bytes, encoding: str
    ) -> None:
        async with serving() as http:
            answer = await http.ask("/metrics", Accept=accept, Accept_Encoding=encoding)
        page = gzip.decompress(answer.body) if encoding == "gzip" else answer.body
        assert answer.status == 200
        assert page.endswith(end)
        assert b"azure_vnet" not in page

    async def test_every_answer_is_whole_while_snapshots_are_published(self) -> None:
        """Each is one snapshot or the other, to the last line, and never half of both."""
        gone = events.DeletePeering(vnet="vnet-app", peering="app-to-hub")
        snapshots = await publications(gone)
        store = Store()
        store.publish(snapshots[0])

        async def publish() -> None:
            chance = random.Random(1)  # taking turns, the two can fall into step with the scrapes
            while True:
                store.publish(chance.choice(snapshots))
                await asyncio.sleep(0)

        async def scrape(http: Client, accept: str, encoding: str) -> set[bytes]:
            answers = [await http.ask("/metrics", Accept=accept, Accept_Encoding=encoding) for _ in range(20)]
            assert {one.status for one in answers} == {200}
            return {gzip.decompress(one.body) if encoding == "gzip" else one.body for one in answers}

        kinds = [
            (accept, encoding) for accept in ("text/plain", PROMETHEUS_2) for encoding in ("gzip", "identity")
        ]
        wanted: dict[str, set[bytes]] = {"text/plain": set(), PROMETHEUS_2: set()}
        async with serving(store=store) as http:
            for one in snapshots:
                store.publish(one)
                for accept, pages in wanted.items():
                    pages.add((await http.ask("/metrics", Accept=accept)).body)
            publishing = asyncio.create_task(publish())
            seen = await asyncio.gather(*(scrape(http, *kind) for kind in kinds * 4))
            publishing.cancel()
        assert all(len(pages) == 2 for pages in wanted.values())
        for (accept, _), pages in zip(kinds * 4, seen, strict=True):
            assert pages <= wanted[accept]
        assert {len(pages) for pages in seen} == {2}, "no scrape met a change"


class TestProbes:
    @pytest.mark.parametrize("path", ["/livez", "/healthz"])
    async def test_alive_as_long_as_the_scheduler_beats(self, path: str) -> None:
        beating = True
        async with serving(beats=lambda: beating) as http:
            alive = await http.ask(path)
            beating = False
            stuck = await http.ask(path)
        assert (alive.status, alive.text) == (200, "ok\n")
        assert stuck.status == 503
        assert "scheduler" in stuck.text

    async def test_ready_from_the_first_snapshot_on(self) -> None:
        store = Store()
        (published,) = await publications()
        async with serving(store=store) as http:
            before = await http.ask("/readyz")
            store.publish(published)
            after = await http.ask("/readyz")
        assert before.status == 503
        assert "first topology pass has not ended" in before.text
        assert (after.status, after.text) == (200, "ok\n")

    async def test_ready_after_the_first_pass_although_azure_refused_everything(self) -> None:
        """Coverage is a fact too: restarting the monitor would not bring its permission back."""
        async with live(token="another") as daemon:
            assert (await daemon.http.ask("/readyz")).status == 503
            await daemon.http.ready()
            readable = await daemon.http.series("peering_monitor_subscription_readable")
            page = (await daemon.http.ask("/")).text
        assert readable == {
            (("collector", "subscriptions"), ("reason", "unauthenticated"), ("subscription_id", "")): 0.0
        }
        assert "unauthenticated" in page
        assert "Every peering is healthy" not in page

    async def test_an_azure_that_never_answers_holds_up_no_answer(self) -> None:
        async with live(arrange=hang) as daemon:
            await daemon.azure.received(1)
            for path, status in {
                "/metrics": 200,
                "/livez": 200,
                "/healthz": 200,
                "/": 200,
                "/readyz": 503,
            }.items():
                asked = time.monotonic()
                assert (await daemon.http.ask(path)).status == status
                assert time.monotonic() - asked < AT_ONCE

    async def test_an_azure_that_stops_answering_later_holds_up_no_answer_and_takes_no_series(self) -> None:
        async with live(azure={"request_timeout": "1s"}) as daemon:
            await daemon.http.ready()
            states = await daemon.http.series("azure_vnet_peering_state")
            daemon.azure.clear_requests()
            daemon.azure.faults.add(Fault(Hang()))
            await daemon.azure.received(1)
            for path in ("/metrics", "/livez", "/readyz", "/"):
                asked = time.monotonic()
                assert (await daemon.http.ask(path)).status == 200
                assert time.monotonic() - asked < AT_ONCE
            assert await daemon.http.series("azure_vnet_peering_state") == states


class TestOtherRequests:
    @pytest.mark.parametrize(
        "path", ["/nope", "/metrics/", "/metrics/x", "/api", "/assets/", "/assets/%2e%2e/page.py"]
    )
    async def test_what_is_not_there_is_404(self, path: str) -> None:
        async with serving() as http:
            assert (await http.ask(path)).status == 404

    @pytest.mark.parametrize("path", ["/", "/metrics", "/livez"])
    async def test_nothing_can_be_written(self, path: str) -> None:
        async with serving() as http:
            for method in ("POST", "PUT", "DELETE", "PATCH", "OPTIONS", "TRACE"):
                answer = await http.ask(path, method=method)
                assert answer.status == 405, method
                assert answer.headers["Allow"] == "GET,HEAD"

    @pytest.mark.parametrize("path", ["/", "/metrics", "/livez", "/readyz", "/assets/style.css", "/nope"])
    async def test_every_answer_has_the_security_headers(self, path: str) -> None:
        async with serving() as http:
            headers = (await http.ask(path)).headers
        assert "default-src 'none'" in headers["Content-Security-Policy"]
        assert "unsafe" not in headers["Content-Security-Policy"]
        assert "frame-ancestors 'none'" in headers["Content-Security-Policy"]
        assert headers["X-Content-Type-Options"] == "nosniff"
        assert headers["Referrer-Policy"] == "no-referrer"
        assert headers["Cache-Control"] == "no-store"
        assert headers["Server"] == "peering-monitor"


class Document(HTMLParser):
    """A page as a browser takes it apart: its elements, what they load, its text."""

    def __init__(self, page: str) -> None:
        super().__init__()
        self.elements: list[tuple[str, dict[str, str | None]]] = []
        self.said = ""
        self.commands: list[str] = []
        self._in_code = False
        self.feed(page)
        self.close()

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        self.elements.append((tag, dict(attrs)))
        if tag == "code":
            self._in_code = True
            self.commands.append("")

    def handle_endtag(self, tag: str) -> None:
        self._in_code = self._in_code and tag != "code"

    def handle_data(self, data: str) -> None:
        self.said += data
        if self._in_code:
            self.commands[-1] += data

    def names(self) -> set[str]:
        return {tag for tag, _ in self.elements}

    def loads(self) -> set[str | None]:
        """Every address that a browser fetches on its own."""
        return {
            attrs[name]
            for tag, attrs in self.elements
            for name in ("src", "href", "data", "poster", "srcset", "action")
            if name in attrs and not (tag == "a" and name == "href")
        }


SUBSCRIPTION = "11111111-2222-4333-8444-555555555555"
SCRIPT = "<script>alert('of a name')<\\script>"
EVENT = '" onmouseover="alert(1)" x=\'y\''
LINES = "first\nsecond & <b>third</b> {{ 7 * 7 }}"


def hostile() -> Estate:
    """Everything that a name can bring along: elements, attributes, quotes, lines, a template's braces."""
    quoted = [
        str(one).replace("\\", r"\\").replace('"', r"\"").replace("\n", r"\n") for one in (SCRIPT, EVENT, LINES)
    ]
    script, event, lines = (f'"{one.replace("/", "|")}"' for one in quoted)
    return parse_estate(f"""
subscriptions:
  - {{id: {SUBSCRIPTION}, name: {script}}}
networks:
  - name: {event}
    subscription: {SUBSCRIPTION}
    resource_group: {lines}
    location: westeurope
    address_space: [10.1.0.0/16]
  - name: {lines}
    subscription: {SUBSCRIPTION}
    resource_group: {script}
    location: westeurope
    address_space: [10.2.0.0/16]
peerings:
  - sides:
      - {{vnet: {event}, name: {script}}}
      - {{vnet: {lines}, name: {event}}}
""")


class TestPage:
    async def test_before_the_first_snapshot_it_says_so(self) -> None:
        async with serving() as http:
            answer = await http.ask("/")
        assert answer.status == 200
        assert answer.headers["Content-Type"] == "text/html; charset=utf-8"
        assert "Reading Azure for the first time" in Document(answer.text).said

    async def test_a_healthy_tenant_is_said_to_be_healthy(self) -> None:
        async with serving((await publications())[0]) as http:
            said = Document((await http.ask("/")).text).said
        assert "Every peering is healthy" in said
        assert "10 peering sides in 8 virtual networks of 4 subscriptions" in said
        assert "Could not be seen" not in said

    async def test_it_shows_findings_with_their_repair(self) -> None:
        gone = events.DeletePeering(vnet="vnet-app", peering="app-to-hub")
        published = (await publications(gone))[-1]
        (finding,) = published.snapshot.findings
        async with serving(published) as http:
            page = Document((await http.ask("/")).text)
        assert "Something needs repair" in page.said
        assert finding.check in page.said
        assert finding.detail in page.said
        assert finding.repair
        assert [one for one in page.commands if one.startswith("az ")] == list(finding.repair)
        assert finding.portal_url in {attrs.get("href") for tag, attrs in page.elements if tag == "a"}
        assert f"link-{finding.subject.key[0]}" in {attrs.get("id") for _, attrs in page.elements}

    async def test_it_follows_the_newest_snapshot(self) -> None:
        gone = events.DeletePeering(vnet="vnet-app", peering="app-to-hub")
        first, second = await publications(gone)
        store = Store()
        async with serving(store=store) as http:
            for published, findings in ((first, 0), (second, 1), (first, 0)):
                store.publish(published)
                page = Document((await http.ask("/")).text)
                assert [tag for tag, _ in page.elements].count("article") == findings

    async def test_it_shows_what_could_not_be_seen(self) -> None:
        async with monitored(arrange=forbid_partner) as tenant:
            await tenant.topology()
            async with serving(tenant.store.latest) as http:
                said = Document((await http.ask("/")).text).said
        assert "Could not be seen" in said
        assert "sub-partner-integration" in said
        assert "forbidden" in said
        assert "AuthorizationFailed" in said
        assert "Every peering is healthy" not in said

    async def test_no_name_becomes_anything_but_text(self) -> None:
        gone = events.DeletePeering(vnet=LINES.replace("/", "|"), peering=EVENT)
        healthy, broken = await publications(gone, estate=hostile())
        assert [one.check for one in broken.snapshot.findings] == ["link/disconnected"]
        async with serving(healthy) as http:
            harmless = Document((await http.ask("/")).text)
        async with serving(broken) as http:
            page = Document((await http.ask("/")).text)
        plain = {
            "html",
            "head",
            "meta",
            "title",
            "link",
            "body",
            "header",
            "h1",
            "h2",
            "h3",
            "nav",
            "main",
            "section",
        }
        plain |= {
            "p",
            "span",
            "div",
            "table",
            "thead",
            "tbody",
            "tr",
            "th",
            "td",
            "article",
            "code",
            "pre",
            "a",
            "footer",
        }
        for one in (harmless, page):
            assert one.names() <= plain
            assert not [name for _, attrs in one.elements for name in attrs if name.startswith("on")]
            for name in (SCRIPT, EVENT, LINES.replace("/", "|")):
                assert name in one.said or name in {attrs.get("title") for _, attrs in one.elements}

    async def test_it_loads_nothing_from_elsewhere(self) -> None:
        gone = events.DeletePeering(vnet="vnet-app", peering="app-to-hub")
        published = (await publications(gone))[-1]
        async with serving(published) as http:
            page = Document((await http.ask("/")).text)
            style = await http.ask("/assets/style.css")
        assert page.loads() == {"/assets/style.css"}
        assert style.status == 200
        assert style.headers["Content-Type"] == "text/css; charset=utf-8"
        assert "url(" not in style.text
        assert "@import" not in style.text


async def test_the_daemon_shows_what_changes_in_azure_on_every_view() -> None:
    async with live() as daemon:
        await daemon.http.ready()
        daemon.azure.apply(events.DeletePeering(vnet="vnet-app", peering="app-to-hub"))

        async def found() -> bool:
            labels = {"vnet": "vnet-hub", "peering": "hub-to-app", "state": "Disconnected"}
            page = (await daemon.http.ask("/metrics")).text
            return (
                set(series(page, "azure_vnet_peering_state", **labels).values()) == {1.0}
                and len(series(page, "azure_vnet_peering_finding", check="link/disconnected")) == 1
            )

        await eventually(found)
        assert "link/disconnected" in (await daemon.http.ask("/")).text


async def test_a_stopped_daemon_listens_no_more() -> None:
    async with AsyncExitStack() as stack:
        daemon = await stack.enter_async_context(live())
        await daemon.http.ready()
        url = daemon.http.url
        await stack.aclose()
        async with client(url) as http:
            with pytest.raises(OSError, match="Connect"):
                await http.ask("/livez")
