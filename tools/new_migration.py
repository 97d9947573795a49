"""Writes the next Alembic migration: what the code's tables have and the newest schema has not.

    python -m tools.new_migration "Give pages a note"

The result is a proposal: read it, and mind that old and new code run side by side for a while, so
first add, later take away.
"""

import re
import subprocess
import sys
from datetime import UTC, datetime
from pathlib import Path

from alembic.autogenerate import produce_migrations, render_python_code
from alembic.migration import MigrationContext
from alembic.script import ScriptDirectory
from pysqlite3 import dbapi2
from sqlalchemy import create_engine

from counter.store.migrate import MIGRATIONS, upgrade
from tests.tables import all_metadata

HEAD = '''"""{title}"""

import sqlalchemy as sa
from alembic import op

import booking.tables
import counter.store.metadata

revision = "{revision}"
down_revision = {down}
branch_labels = None
depends_on = None


def upgrade() -> None:
'''


def main(arguments: list[str]) -> int:
    """Write the file and name it."""
    if len(arguments) != 1:
        print(__doc__)
        return 2
    title = arguments[0].rstrip(".") + "."
    script = ScriptDirectory(str(MIGRATIONS))
    down = script.get_current_head()
    known = all_metadata()
    engine = create_engine("sqlite+pysqlite://", module=dbapi2)
    with engine.begin() as conn:
        if down is not None:
            upgrade(conn)
        context = MigrationContext.configure(conn, opts={"target_metadata": known})
        wanted = produce_migrations(context, known)  # type: ignore[arg-type]  # takes several too
        assert wanted.upgrade_ops is not None
        body = render_python_code(wanted.upgrade_ops)
    if body.strip() == "pass":
        print("the newest schema has everything that the tables have")
        return 0
    revision = f"{int(down or 0) + 1:04d}"
    name = re.sub(r"[^a-z0-9]+", "_", title.lower()).strip("_")[:40]
    path = MIGRATIONS / "versions" / f"{revision}_{name}.py"
    head = HEAD.format(title=title, revision=revision, down=repr(down))
    path.write_text(head + "    " + body.replace("# ### commands", "\n    # ###").lstrip())
    _tidy(path)
    print(f"{datetime.now(UTC):%H:%M} {path.relative_to(Path.cwd())}: read it before you commit it")
    return 0


def _tidy(path: Path) -> None:
    text = re.sub(r"\n *# ###[^\n]*", "", path.read_text())
    # Names are final already; `op.f` only says so.
    path.write_text(re.sub(r"op\.f\(('[^']*')\)", r"\1", text))
    for step in (["check", "--fix", "--quiet"], ["format", "--quiet"]):
        subprocess.run([sys.executable, "-m", "ruff", *step, str(path)], check=False)


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
