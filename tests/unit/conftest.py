from __future__ import annotations

import logging
from typing import TYPE_CHECKING

import pytest
import structlog

if TYPE_CHECKING:
    from collections.abc import Iterator


@pytest.fixture
def logging_as_it_was() -> Iterator[None]:
    """For tests that configure the process's log: afterwards it is as before."""
    known = [logging.getLogger(), *map(logging.getLogger, list(logging.root.manager.loggerDict))]
    before = [(logger, logger.level, logger.disabled, list(logger.handlers)) for logger in known]
    yield
    for logger in map(logging.getLogger, list(logging.root.manager.loggerDict)):
        if logger not in known:
            logger.setLevel(logging.NOTSET)
            logger.disabled = False
    for logger, level, disabled, handlers in before:
        logger.setLevel(level)
        logger.disabled = disabled
        logger.handlers[:] = handlers
    logging.captureWarnings(capture=False)
    structlog.reset_defaults()
