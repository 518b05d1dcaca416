"""Text in the order of its bytes, on every database: a server may have been set up with the order of some language."""

from __future__ import annotations

from typing import Any

from sqlalchemy import Text
from sqlalchemy.ext.compiler import compiles
from sqlalchemy.sql.compiler import SQLCompiler
from sqlalchemy.sql.functions import FunctionElement


class by_bytes(FunctionElement[str]):  # reads as the function of SQL that it stands for
    """What to give `order_by` for a column of text."""

    inherit_cache = True
    type = Text()


@compiles(by_bytes)
def _plain(element: Any, compiler: SQLCompiler, **options: Any) -> str:
    return compiler.process(element.clauses, **options)


@compiles(by_bytes, "postgresql")
def _collated(element: Any, compiler: SQLCompiler, **options: Any) -> str:
    return compiler.process(element.clauses, **options) + ' COLLATE "C"'
