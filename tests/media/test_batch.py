"""Datagrams by the batch: slots, send lists, and addresses of both families as numbers."""

import ipaddress
import socket
from collections.abc import Iterator

import pytest
from hypothesis import given
from hypothesis import strategies as st

from counter.media.batch import (
    SIZE,
    Batch,
    Target,
    address_key,
    pointer,
    readable_address,
    source_of,
)

LOOPBACK = {socket.AF_INET: "127.0.0.1", socket.AF_INET6: "::1"}


@pytest.fixture(params=LOOPBACK, ids=["IPv4", "IPv6"])
def family(request: pytest.FixtureRequest) -> socket.AddressFamily:
    assert isinstance(request.param, socket.AddressFamily)
    return request.param


@pytest.fixture
def ends(family: socket.AddressFamily) -> Iterator[tuple[socket.socket, socket.socket]]:
    with (
        socket.socket(family, socket.SOCK_DGRAM) as ours,
        socket.socket(family, socket.SOCK_DGRAM) as far,
    ):
        for each in (ours, far):
            each.bind((LOOPBACK[family], 0))
            each.settimeout(5)
        yield ours, far


def test_what_was_sent_is_in_its_slot_with_its_senders_key(
    family: socket.AddressFamily, ends: tuple[socket.socket, socket.socket]
) -> None:
    ours, far = ends
    batch = Batch(family)
    for number in range(3):
        far.sendto(bytes([65 + number]) * (number + 1), ours.getsockname())
    assert batch.receive(ours.fileno()) == 3
    assert list(batch.lengths[:3]) == [1, 2, 3]
    assert bytes(batch.memory[4096:4099]) == b"CCC"
    key = address_key(*far.getsockname()[:2])
    assert [batch.addresses[slot] for slot in range(3)] == [key] * 3
    assert batch.receive(ours.fileno()) == 0


def test_a_send_list_reaches_whom_its_target_points_to(
    family: socket.AddressFamily, ends: tuple[socket.socket, socket.socket]
) -> None:
    ours, far = ends
    batch, target = Batch(socket.AF_INET), Target()
    batch.memory[:5] = b"hello"
    target.point_to("127.0.0.1", 9)
    batch.targets[0], batch.starts[0], batch.sizes[0] = target.pointer, batch.base, 5
    target.point_to(*far.getsockname()[:2])
    assert batch.send(ours.fileno(), 1) == 0
    assert far.recv(99) == b"hello"


def test_a_datagram_that_cannot_go_out_does_not_hold_up_the_next(
    family: socket.AddressFamily, ends: tuple[socket.socket, socket.socket]
) -> None:
    ours, far = ends
    batch, target = Batch(family), Target()
    target.point_to(*far.getsockname()[:2])
    batch.memory[0] = ord("b")
    for number, size in enumerate((70_000, 1)):  # no datagram is as long as the first
        batch.targets[number] = target.pointer
        batch.starts[number], batch.sizes[number] = batch.base, size
    assert batch.send(ours.fileno(), 2) == 1
    assert far.recv(99) == b"b"


def test_more_than_a_batch_waits_for_the_next_one(
    family: socket.AddressFamily, ends: tuple[socket.socket, socket.socket]
) -> None:
    ours, far = ends
    batch = Batch(family)
    for _ in range(SIZE + 2):
        far.sendto(b"x", ours.getsockname())
    assert [batch.receive(ours.fileno()) for _ in range(3)] == [SIZE, 2, 0]


ADDRESSES = st.one_of(st.ip_addresses(v=4), st.ip_addresses(v=6))
PORTS = st.integers(0, 65_535)


@given(ADDRESSES, PORTS)
def test_a_key_is_readable_again(ip: ipaddress.IPv4Address, port: int) -> None:
    host, number = readable_address(address_key(str(ip), port))
    assert (ipaddress.ip_address(host), number) == (ip, port)


@given(ADDRESSES, PORTS, ADDRESSES, PORTS)
def test_two_addresses_have_two_keys(
    ip: ipaddress.IPv4Address, port: int, other: ipaddress.IPv4Address, other_port: int
) -> None:
    same = address_key(str(ip), port) == address_key(str(other), other_port)
    assert same is ((ip, port) == (other, other_port))


@pytest.mark.parametrize(
    ("one", "other", "same"),
    [
        ("192.0.2.1", "192.0.2.1", True),
        ("192.0.2.1", "192.0.2.2", False),
        ("2001:db8:0:1::1", "2001:db8:0:1:ffff::2", True),
        ("2001:db8:0:1::1", "2001:db8:0:2::1", False),
        ("0.0.0.0", "::", False),
        ("1.2.3.4", "403:201::", False),
    ],
)
def test_a_source_is_an_address_or_a_network_of_ipv6(one: str, other: str, same: bool) -> None:
    keys = address_key(one, 5), address_key(other, 6)
    assert (source_of(keys[0]) == source_of(keys[1])) is same


def test_a_pointer_is_where_the_memory_is() -> None:
    batch = Batch()
    assert batch.base == pointer(batch._memory)
