"""The log cannot be written by a visitor, and does not repeat what a citizen wrote."""

import io
import logging
import stat

import pytest

from counter.app.logs import FORMAT, PlainFormatter
from tests.attack.conftest import Attacker


def logged(message: str, *values: object, error: BaseException | None = None) -> str:
    out = io.StringIO()
    handler = logging.StreamHandler(out)
    handler.setFormatter(PlainFormatter(FORMAT))
    record = logging.LogRecord("web", logging.ERROR, __file__, 1, message, values, None)
    record.exc_info = (type(error), error, error.__traceback__) if error else None
    handler.handle(record)
    return out.getvalue()


def test_a_path_cannot_begin_a_line_of_its_own() -> None:
    line = logged("%s refused", "/x\r\n2026 ERROR web: made up\x1b[2J\u2028")
    assert line.count("\n") == 1
    assert line.rstrip("\n").isprintable()
    assert r"/x\r\n2026 ERROR web: made up\x1b[2J\u2028 refused" in line


def test_a_line_has_an_end() -> None:
    assert len(logged("%s", "x" * 100_000)) < 5000


def test_an_error_is_told_without_its_words() -> None:
    written = ("陳大文 1234567(8)", "+853 6612 3456")

    def fails() -> None:
        try:
            raise KeyError(written[0])
        except KeyError as first:
            raise ValueError(written[1]) from first

    with pytest.raises(ValueError, match="6612") as caught:
        fails()
    told = logged("it failed", error=caught.value)
    assert "builtins.ValueError" in told
    assert "builtins.KeyError" in told
    assert "in fails" in told
    assert not any(words in told for words in written)


@pytest.mark.pairs
async def test_what_the_counter_keeps_is_nobody_elses_to_read(attacker: Attacker) -> None:
    open_to_others = [
        path
        for path in attacker.target.data.rglob("*")
        if path.stat().st_mode & (stat.S_IRWXG | stat.S_IRWXO) and path.name != "serve.log"
    ]
    assert not open_to_others
