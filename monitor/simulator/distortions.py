"""Ready-made effects for answers that are well-formed and wrong, or not JSON at all."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any, Literal

from monitor.simulator.faults import Body, Document, Mutate, Status

if TYPE_CHECKING:
    from collections.abc import Callable

_HTML = (
    b"<!DOCTYPE html><html><head><title>Sign in</title></head><body><h1>Proxy authentication</h1></body></html>"
)


def throttled(retry_after: int | str = 1, *, code: int = 429) -> Status:
    """429, or Azure Monitor's 529, with Retry-After."""
    return Status(code, headers={"Retry-After": str(retry_after)})


def redirect(location: str) -> Status:
    """302 to another host."""
    return Status(302, headers={"Location": location}, body=b"")


def html_page(*, status: int = 200) -> Body:
    """An HTML page, as a proxy or a captive portal answers."""
    return Body(_HTML, content_type="text/html; charset=utf-8", status=status)


def empty_body(*, status: int = 200) -> Body:
    """No body at all."""
    return Body(b"", status=status)


def malformed_json() -> Body:
    """A body that says it is JSON and is none."""
    return Body(b'{"value":[{"name": vnet-hub,}]}')


def replace_item(position: int, replacement: Any) -> Mutate:
    """Put something else into a listing's place: one malformed item among good ones.

    A function gets the item and returns what replaces it.
    """

    def change(document: Document) -> None:
        items = document.get("value")
        if isinstance(items, list) and -len(items) <= position < len(items):
            items[position] = replacement(items[position]) if callable(replacement) else replacement

    return Mutate(change)


def edit_item(name: str, edit: Callable[[Document], None]) -> Mutate:
    """Edit the item of this name in place, in a listing or alone, also a peering inside its network."""

    def change(document: Document) -> None:
        for item in _named(document, name.lower()):
            edit(item)

    return Mutate(change)


def foreign_next_link(url: str) -> Mutate:
    """A nextLink that leads to another host."""
    return Mutate(lambda document: {**document, "nextLink": url})


def next_link_loop(url: str | None = None) -> Mutate:
    """A nextLink that leads back: to `url`, or to the first nextLink that was seen, for ever."""
    seen: list[str] = [url] if url is not None else []

    def change(document: Document) -> Document:
        if not seen and isinstance(document.get("nextLink"), str):
            seen.append(document["nextLink"])
        return {**document, "nextLink": seen[0]} if seen else document

    return Mutate(change)


def empty_page(next_link: str) -> Mutate:
    """A page without items that has a nextLink all the same."""
    return Mutate(lambda document: {**document, "value": [], "nextLink": next_link})


def id_case(to: Literal["upper", "lower", "swap"]) -> Mutate:
    """Every ARM id in the answer in another case."""
    recase: dict[str, Callable[[str], str]] = {"upper": str.upper, "lower": str.lower, "swap": str.swapcase}
    write = recase[to]

    def walk(node: Any) -> Any:
        if isinstance(node, dict):
            return {
                key: write(value)
                if key == "id" and isinstance(value, str) and value.startswith("/")
                else walk(value)
                for key, value in node.items()
            }
        return [walk(item) for item in node] if isinstance(node, list) else node

    def change(document: Document) -> Document:
        changed: Document = walk(document)
        return changed

    return Mutate(change)


def leave_out(*names: str) -> Mutate:
    """Leave the items of these names out of a listing."""
    gone = {name.lower() for name in names}

    def change(document: Document) -> None:
        items = document.get("value")
        if isinstance(items, list):
            items[:] = [item for item in items if str(item.get("name", "")).lower() not in gone]

    return Mutate(change)


def metric_failure(metric: str, code: str, message: str = "The metric could not be read.") -> Mutate:
    """A 200 in which one metric failed: `errorCode`, `errorMessage` and no timeseries."""

    def change(document: Document) -> None:
        for item in document.get("value", []):
            if str(item.get("name", {}).get("value", "")).lower() == metric.lower():
                item["timeseries"] = []
                item["errorCode"], item["errorMessage"] = code, message

    return Mutate(change)


def _named(node: Any, name: str) -> list[Document]:
    found: list[Document] = []
    if isinstance(node, dict):
        if str(node.get("name", "")).lower() == name and "properties" in node:
            found.append(node)
        for value in node.values():
            found += _named(value, name)
    elif isinstance(node, list):
        for value in node:
            found += _named(value, name)
    return found
