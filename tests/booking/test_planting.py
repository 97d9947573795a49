"""What the seed says comes back out of the store, and what an administrator changed stays."""

from dataclasses import replace
from datetime import datetime

from sqlalchemy import Connection, select

from booking import store_catalogue
from booking.seed_toml import seed
from booking.service import BookingService
from booking.store_catalogue_tables import service, site, terminal
from booking.store_sql import plant_seed
from counter.store.executor import Executor


async def test_every_field_of_the_seed_comes_back(
    booking: BookingService, executor: Executor, now: datetime
) -> None:
    planted = seed([now.year, now.year + 1]).catalogue
    loaded = await executor.read(store_catalogue.load)
    assert loaded.services == planted.services
    for name, place in planted.sites.items():
        assert replace(loaded.sites[name], hours=place.hours) == place
    for name, department in planted.departments.items():
        assert replace(loaded.departments[name], hours=department.hours) == department


async def test_the_calendar_of_a_new_year_undoes_nothing_that_was_changed(
    booking: BookingService, executor: Executor, now: datetime
) -> None:
    changes = {
        "synonyms": {"en": ["hound paper"]},
        "acts_for": ["self", "relative"],
        "abilities": ["printer"],
        "elsewhere": {},
        "change_until_minutes": 45,
        "weekly_per_person": 7,
        "speech": ["pt"],
        "withdrawn": True,
    }

    def change(conn: Connection) -> None:
        conn.execute(service.update().where(service.c.id == "iam-dog-licence").values(**changes))
        conn.execute(site.update().values(directions={"en": "ask a neighbour"}))
        conn.execute(terminal.update().values(abilities=["scanner"]))

    def kept(conn: Connection) -> tuple[object, ...]:
        row = conn.execute(select(service).where(service.c.id == "iam-dog-licence")).one()
        directions = {one["en"] for (one,) in conn.execute(select(site.c.directions))}
        abilities = {tuple(one) for (one,) in conn.execute(select(terminal.c.abilities))}
        return {name: row._mapping[name] for name in changes}, directions, abilities

    await executor.write(change)
    assert not await plant_seed(executor, now)
    assert await plant_seed(executor, now.replace(year=now.year + 1))
    assert await executor.read(kept) == (changes, {"ask a neighbour"}, {("scanner",)})
