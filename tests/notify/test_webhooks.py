"""Webhooks told to a real receiver on loopback, which checks them as the standard says."""

import asyncio
import json
from collections.abc import Callable
from datetime import datetime, timedelta
from ipaddress import ip_network
from typing import Any

import pytest
from sqlalchemy import Connection, select

from counter.errors import BadInput, NotFound
from counter.notify import store_webhooks
from counter.notify.ports import NotReached
from counter.notify.sender_webhook import MOST_BYTES, WebhookSender
from counter.notify.store_tables import webhook
from counter.notify.store_webhooks import SqlWebhooks
from counter.notify.webhook import KINDS, PAUSES
from counter.notify.webhook_service import WebhookService
from counter.store.executor import Executor
from counter.store.journal_sql import read_all
from tests.notify.receiver import Receiver, receiver

LOOPBACK = [ip_network("127.0.0.0/8")]
BODY = {
    "department": "dsi",
    "service": "dsi-criminal-record",
    "site": "hengqin-centre",
    "start": "2026-11-27T02:00:00+00:00",
    "version": 2,
}


class Bench:
    """A service on a store, its time, and one receiver that it knows."""

    def __init__(self, executor: Executor, now: datetime, new_id: Callable[[], str]) -> None:
        self.executor, self.now = executor, now
        self.service = WebhookService(
            SqlWebhooks(executor),
            WebhookSender(LOOPBACK),
            new_id,
            lambda size: bytes(range(size)),
            lambda: self.now,
            plain_http=True,
        )

    async def know(self, one: Receiver, **more: Any) -> str:
        """Add the receiver; returns its id."""
        asked = {"kinds": [], "department": None, "by": "operator:socket", **more}
        made, one.secret = await self.service.add(f"{one.address}/hook", **asked)
        return made.id

    async def happen(
        self, number: int, kind: str = "appointment.booked", department: str = "dsi"
    ) -> None:
        """Owe what the deliverer owes when it takes notice `number` from the outbox."""
        body = {**BODY, "department": department}
        await self.executor.write(
            store_webhooks.owe, f"notice-{number}", kind, f"a-{number}", body, self.now, self.now
        )


@pytest.fixture
def bench(executor: Executor, now: datetime, new_id: Callable[[], str]) -> Bench:
    return Bench(executor, now, new_id)


async def test_a_receiver_is_told_signed_and_once(bench: Bench) -> None:
    async with receiver() as one:
        webhook_id = await bench.know(one)
        await bench.happen(1)
        await bench.happen(1)  # the same notice, after a crash
        assert await bench.service.deliver_due() == 1
        assert await bench.service.deliver_due() == 0
    assert (one.ids, one.wrong) == (["notice-1"], [])
    assert one.took == [
        {
            "type": "appointment.booked",
            "timestamp": bench.now.isoformat(),
            "data": {"id": "a-1", "state": "booked", **BODY},
        }
    ]
    (told,) = await bench.service.deliveries(webhook_id)
    assert (told.status, told.attempts, told.done_at) == (204, 1, bench.now)


async def test_only_what_was_asked_for_of_the_department_is_told(bench: Bench) -> None:
    async with receiver() as one, receiver() as other:
        await bench.know(one, department="dsi")
        await bench.know(other, kinds=["appointment.cancelled"])
        await bench.happen(1)
        await bench.happen(2, department="dsf")
        await bench.happen(3, "appointment.cancelled", "dsf")
        await bench.happen(4, "case.papers_missing")
        await bench.service.deliver_due()
    assert (one.ids, other.ids) == (["notice-1"], ["notice-3"])


async def test_a_failure_is_tried_again_with_growing_pauses_and_given_up(bench: Bench) -> None:
    async with receiver() as one:
        webhook_id = await bench.know(one)
        one.answers = [500] * 99
        await bench.happen(1)
        waited = []
        for pause in PAUSES:
            assert await bench.service.deliver_due() == 1
            bench.now += pause - timedelta(seconds=1)
            assert await bench.service.deliver_due() == 0, "it rests"
            bench.now += timedelta(seconds=1)
            waited.append(pause)
        assert await bench.service.deliver_due() == 1
        bench.now += timedelta(days=30)
        assert await bench.service.deliver_due() == 0
        (told,) = await bench.service.deliveries(webhook_id)
        assert (told.status, told.attempts) == (500, len(PAUSES) + 1)
        assert told.done_at is not None
        assert set(one.ids) == {"notice-1"} and one.wrong == []
        # Given up is not lost.
        one.answers = []
        assert await bench.service.replay(webhook_id, "operator:socket", delivery=told.id) == 1
        assert await bench.service.deliver_due() == 1
    (told,) = await bench.service.deliveries(webhook_id)
    assert (told.status, told.attempts) == (204, 1)


async def test_a_receiver_that_is_gone_is_told_nothing_more(bench: Bench) -> None:
    async with receiver() as one:
        webhook_id = await bench.know(one)
        one.answers = [410]
        await bench.happen(1)
        await bench.service.deliver_due()
        await bench.happen(2)
        bench.now += timedelta(days=2)
        assert await bench.service.deliver_due() == 0
        (known,) = await bench.service.listed()
        assert known.active is False
        # Asked for again, it is active again.
        (first,) = await bench.service.deliveries(webhook_id)
        await bench.service.replay(webhook_id, "operator:socket", delivery=first.id)
        assert await bench.service.deliver_due() == 1
    assert one.ids == ["notice-1", "notice-1"]


@pytest.mark.parametrize("status", [301, 302, 303, 307, 308])
async def test_a_redirect_is_not_followed(bench: Bench, status: int) -> None:
    async with receiver() as one:
        webhook_id = await bench.know(one)
        one.answers = [status]
        await bench.happen(1)
        await bench.service.deliver_due()
    assert one.elsewhere == 0
    (told,) = await bench.service.deliveries(webhook_id)
    assert (told.status, told.done_at) == (status, None)


async def test_what_happened_since_an_instant_is_told_again(bench: Bench) -> None:
    async with receiver() as one:
        webhook_id = await bench.know(one)
        for number in (1, 2, 3):
            bench.now += timedelta(hours=1)
            await bench.happen(number)
            await bench.service.deliver_due()
        since = bench.now - timedelta(hours=1)
        bench.now += timedelta(hours=1)
        assert await bench.service.replay(webhook_id, "operator:socket", since=since) == 2
        await bench.service.deliver_due()
    assert one.ids == ["notice-1", "notice-2", "notice-3", "notice-2", "notice-3"]
    assert one.took[1] == one.took[3], "a repeat is the same message"


async def test_replay_asks_for_one_thing(bench: Bench) -> None:
    async with receiver() as one:
        webhook_id = await bench.know(one)
    by = "operator:socket"
    for wrong in ({}, {"delivery": 1, "since": bench.now}, {"since": datetime(2026, 11, 23)}):
        with pytest.raises(BadInput):
            await bench.service.replay(webhook_id, by, **wrong)
    with pytest.raises(NotFound):
        await bench.service.replay(webhook_id, by, delivery=99)
    with pytest.raises(NotFound):
        await bench.service.replay("nobody", by, since=bench.now)


async def test_a_department_sees_its_own_webhooks_only(bench: Bench) -> None:
    async with receiver() as one, receiver() as other:
        mine = await bench.know(one, department="dsi")
        theirs = await bench.know(other, department="dsf")
    assert [known.id for known in await bench.service.listed("dsi")] == [mine]
    with pytest.raises(NotFound):
        await bench.service.deliveries(theirs, "dsi")
    with pytest.raises(NotFound):
        await bench.service.remove(theirs, "agent:1", "dsi")
    with pytest.raises(NotFound):
        await bench.service.replay(theirs, "agent:1", since=bench.now, department="dsi")
    await bench.service.remove(mine, "agent:1", "dsi")
    assert [known.id for known in await bench.service.listed()] == [theirs]


async def test_what_is_removed_is_told_nothing_more(bench: Bench) -> None:
    async with receiver() as one:
        webhook_id = await bench.know(one)
        await bench.happen(1)
        await bench.service.remove(webhook_id, "operator:socket")
        assert await bench.service.deliver_due() == 0
    with pytest.raises(NotFound):
        await bench.service.deliveries(webhook_id)


async def test_the_journal_keeps_who_is_told_and_no_secret(bench: Bench) -> None:
    async with receiver() as one:
        webhook_id = await bench.know(one, department="dsi")
        await bench.service.replay(webhook_id, "operator:socket", since=bench.now)
        await bench.service.remove(webhook_id, "operator:socket")
    entries = [json.loads(entry.body) for entry in await bench.executor.read(read_all)]
    assert [(entry["actor"], entry["action"]) for entry in entries] == [
        ("operator:socket", f"webhook.{what}") for what in ("added", "replayed", "removed")
    ]
    assert one.secret not in repr(entries) and one.secret.removeprefix("whsec_") not in repr(
        entries
    )


async def test_who_lists_webhooks_sees_no_secret(bench: Bench) -> None:
    async with receiver() as one:
        await bench.know(one)
    assert one.secret.startswith("whsec_")
    assert one.secret not in repr(await bench.service.listed())

    def kept(conn: Connection) -> list[str]:
        return list(conn.execute(select(webhook.c.secret)).scalars())

    assert await bench.executor.read(kept) == [one.secret]


async def test_a_webhook_that_cannot_be_is_refused(bench: Bench) -> None:
    for url, kinds in (("ftp://a.example", []), ("https://a.example", ["anything"])):
        with pytest.raises(BadInput):
            await bench.service.add(url, kinds, None, "operator:socket")
    assert await bench.service.listed() == []
    made, _ = await bench.service.add("https://a.example", [], None, "operator:socket")
    assert made.kinds == KINDS


async def test_nothing_is_sent_to_this_machine_unless_it_is_allowed() -> None:
    async with receiver() as one:
        port = one.address.rpartition(":")[2]
        for host in ("127.0.0.1", "localhost", "[::ffff:127.0.0.1]", "[::1]"):
            with pytest.raises(NotReached):
                await WebhookSender()(f"http://{host}:{port}/elsewhere", {}, b"{}")
        assert one.elsewhere == 0
        assert await WebhookSender(LOOPBACK)(f"{one.address}/elsewhere", {}, b"{}") == 200
        assert one.elsewhere == 1


async def test_a_name_that_leads_to_this_machine_leads_nowhere(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    async with receiver() as one:
        port = one.address.rpartition(":")[2]
        asked = []

        async def getaddrinfo(host: str, port: int, **more: Any) -> list[Any]:
            asked.append(host)
            return [(2, 1, 6, "", ("127.0.0.1", port))]

        monkeypatch.setattr(asyncio.get_running_loop(), "getaddrinfo", getaddrinfo)
        with pytest.raises(NotReached):
            await WebhookSender()(f"http://program.example:{port}/elsewhere", {}, b"{}")
    assert (asked, one.elsewhere) == (["program.example"], 0)


async def test_a_slow_receiver_is_left_alone() -> None:
    async with receiver() as one:
        with pytest.raises(NotReached):
            await WebhookSender(LOOPBACK, within_s=0.2)(f"{one.address}/slow", {}, b"{}")


async def test_of_a_long_answer_only_the_beginning_is_read() -> None:
    async with receiver() as one:
        assert await WebhookSender(LOOPBACK)(f"{one.address}/endless", {}, b"{}") == 200
        async with asyncio.timeout(30):
            await one.hang.wait()  # we hung up while it was talking
    assert one.elsewhere >= MOST_BYTES


async def test_who_is_not_there_is_not_reached(unused_tcp_port: int) -> None:
    with pytest.raises(NotReached):
        await WebhookSender(LOOPBACK)(f"http://127.0.0.1:{unused_tcp_port}/", {}, b"{}")


async def test_what_is_old_is_forgotten(bench: Bench) -> None:
    async with receiver() as one:
        webhook_id = await bench.know(one)
        await bench.happen(1)
        await bench.service.deliver_due()
        await bench.happen(2)  # still to be told
        bench.now += timedelta(days=31)
        await bench.executor.write(store_webhooks.tidy, bench.now)
    assert [told.message for told in await bench.service.deliveries(webhook_id)] == ["notice-2"]
