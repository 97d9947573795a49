"""Whose departments a desk sees, read from the store."""

from datetime import datetime

from booking.seed_toml import seed
from counter.app.seed import PEOPLE, put_people
from counter.store.executor import Executor
from web.console.admin_local import departments_in


async def test_every_department_of_the_seed_has_a_supervisor_who_can_change_it(
    executor: Executor, now: datetime
) -> None:
    await executor.write(put_people, now)
    departments = departments_in(executor)
    overseen = {
        one for person in PEOPLE if person.supervisor for one in await departments(person.id)
    }
    assert overseen == set(seed((2026,)).catalogue.departments)
    assert set(await departments("lei")) == {"dsi", "fss", "dsaj", "dsf"}
