"""Label blocks: the text between the braces of a series, escaped once and joined ever after."""

from __future__ import annotations


def escape(value: str) -> str:
    """A label value as both formats want it: backslash, quote and newline escaped, all else as it is.

    Half a surrogate pair has no UTF-8, and Prometheus refuses the whole page over it: it becomes U+FFFD.
    """
    if not value.isascii():
        value = value.encode("utf-16-le", "surrogatepass").decode("utf-16-le", "replace")
    return value.replace("\\", r"\\").replace('"', r"\"").replace("\n", r"\n")


def block(**labels: str) -> str:
    """Labels as they stand between the braces, in the order given. Equal labels give equal text."""
    return ",".join([f'{name}="{escape(value)}"' for name, value in labels.items()])
