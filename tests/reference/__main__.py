from __future__ import annotations

import sys

from tests.reference.pages import FOLDER, pages


def main() -> int:
    FOLDER.mkdir(parents=True, exist_ok=True)
    for name, text in pages().items():
        (FOLDER / name).write_text(text, encoding="utf-8")
        print(f"deploy/reference/{name}")  # noqa: T201 - what a make target did
    return 0


if __name__ == "__main__":
    sys.exit(main())
