"""What fails beside the others is looked at once more, and only that, and only once."""

from pathlib import Path

import pytest

from tools.second_look import main

NOW_AND_THEN = """
from pathlib import Path
import pytest

@pytest.mark.parametrize("name", {names})
def test_it(name):
    tried = Path(__file__).with_name(f"tried-{{name}}")
    tried.write_text(tried.read_text() + "x" if tried.exists() else "x")
    assert len(tried.read_text()) >= {passes_at}

def test_another():
    tried = Path(__file__).with_name("tried-another")
    tried.write_text(tried.read_text() + "x" if tried.exists() else "x")
"""


@pytest.fixture(autouse=True)
def no_plugins(monkeypatch: pytest.MonkeyPatch) -> None:
    """They take a second each time to be found, and none is wanted."""
    monkeypatch.setenv("PYTEST_DISABLE_PLUGIN_AUTOLOAD", "1")


def suite(folder: Path, names: list[str], passes_at: int) -> Path:
    path = folder / "test_suite.py"
    path.write_text(NOW_AND_THEN.format(names=names, passes_at=passes_at))
    return path


def tries(folder: Path, name: str) -> int:
    return len((folder / f"tried-{name}").read_text())


def test_what_passes_by_itself_is_told(tmp_path: Path, capfd: pytest.CaptureFixture[str]) -> None:
    suite(tmp_path, ["a", "b"], passes_at=2)
    assert main(["-q"], tmp_path) == 0
    assert [tries(tmp_path, name) for name in ("a", "b", "another")] == [2, 2, 1]
    told = capfd.readouterr().out
    assert "2 failed, 1 passed" in told and "assert 1 >= 2" in told  # the first failure stands
    assert told.index("FAILED BESIDE THE OTHERS") < told.rindex("test_suite.py::test_it[a]")


def test_what_fails_twice_has_failed(tmp_path: Path, capfd: pytest.CaptureFixture[str]) -> None:
    suite(tmp_path, ["a"], passes_at=3)
    assert main(["-q"], tmp_path) == 1
    assert tries(tmp_path, "a") == 2
    assert "FAILED BESIDE" not in capfd.readouterr().out


def test_many_that_fail_together_are_no_accident(tmp_path: Path) -> None:
    suite(tmp_path, ["a", "b", "c"], passes_at=2)
    assert main(["-q"], tmp_path) == 1
    assert tries(tmp_path, "a") == 1


def test_a_suite_that_is_wrong_itself_gets_no_second_look(tmp_path: Path) -> None:
    (tmp_path / "test_suite.py").write_text("import nothing_of_that_name\n")
    assert main(["-q"], tmp_path) == 2


def test_what_all_pass_is_run_once(tmp_path: Path) -> None:
    suite(tmp_path, ["a"], passes_at=1)
    assert main(["-q"], tmp_path) == 0
    assert tries(tmp_path, "a") == 1
