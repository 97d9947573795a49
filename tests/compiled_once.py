"""Statements compiled once for all stores of a test process: they differ in their rows alone.

Each test has engines of its own, and SQLAlchemy keeps what it compiled by engine and dialect, so
that a process would compile every statement some thousand times.
"""

from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from typing import Any

import pytest
from sqlalchemy import URL, Dialect, Engine, Pool

STATEMENTS = 5_000
"More than there are: those of one node are a few hundred."


@contextmanager
def compiled_once() -> Iterator[None]:
    """Engines made from now on share what they compile, one store of it for each kind of them."""
    make = Engine.__init__
    known: dict[object, list[Dialect]] = {}
    compiled: dict[object, Any] = {}

    # SQLAlchemy looks in its arguments for what an engine can be told.
    def init(
        engine: Engine,
        pool: Pool,
        dialect: Dialect,
        url: URL,
        logging_name: str | None = None,
        echo: Any = None,
        query_cache_size: int = STATEMENTS,
        execution_options: Mapping[str, Any] | None = None,
        hide_parameters: bool = False,
    ) -> None:
        make(
            *(engine, pool, dialect, url, logging_name, echo, query_cache_size),
            execution_options=execution_options,
            hide_parameters=hide_parameters,
        )
        # A library is a module, or what stands in for one and is made for each engine.
        library = getattr(dialect.dbapi, "__name__", type(dialect.dbapi))
        kind = (type(dialect), library)
        engine._compiled_cache = compiled.setdefault(kind, engine._compiled_cache)
        alike = known.setdefault(kind, [])
        # One that has not met its server yet does not know what that can do.
        ready = next((one for one in alike if one.server_version_info is not None), None)
        if ready is None:
            alike.append(dialect)
        else:
            engine.dialect = ready

    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(Engine, "__init__", init)
        yield
