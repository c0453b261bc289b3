from __future__ import annotations

import pytest

from monitor.printable import printable


@pytest.mark.parametrize(
    ("text", "said"),
    [
        ("vnet-hub", "vnet-hub"),
        ("网络", "网络"),
        ("a b", "a b"),
        ("two\nlines", "two\\nlines"),
        ("\x1b[2J", "\\x1b[2J"),
        ("a\u202eb", "a\\u202eb"),
    ],
)
def test_nothing_that_is_shown_can_act_on_a_terminal(text: str, said: str) -> None:
    assert printable(text) == said
