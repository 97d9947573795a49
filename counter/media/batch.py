"""Many datagrams per system call: `recvmmsg` and `sendmmsg` through cffi (Linux).

One `Batch` holds `SIZE` receive slots in one block of memory.  A packet is received into a slot,
changed there, and sent from there; no Python object is made for it.

The key of an address is its socket address as one integer, of either family.
"""

import ipaddress
import socket
import sys
from typing import Any, Final, Protocol

from cffi import FFI

SIZE: Final = 64
SLOT_BYTES: Final = 2048
"Room for a datagram of `MAX_DATAGRAM` and the tag that libsrtp appends to it in place."
MAX_DATAGRAM: Final = 1500
ADDRESS_BYTES: Final = {int(socket.AF_INET): 16, int(socket.AF_INET6): 28}
"sizeof(struct sockaddr_in) and sizeof(struct sockaddr_in6)"
TARGET_BYTES: Final = max(ADDRESS_BYTES.values())
"Said to be the length of every target: the kernel looks at the family first, then at its own part."
DONT_WAIT: Final = int(socket.MSG_DONTWAIT)

_ffi = FFI()
_ffi.cdef(
    """
    struct iovec { void *iov_base; size_t iov_len; };
    struct msghdr {
        void *msg_name; unsigned int msg_namelen;
        struct iovec *msg_iov; size_t msg_iovlen;
        void *msg_control; size_t msg_controllen;
        int msg_flags;
    };
    struct mmsghdr { struct msghdr msg_hdr; unsigned int msg_len; };
    int recvmmsg(int, struct mmsghdr *, unsigned int, int, void *);
    int sendmmsg(int, struct mmsghdr *, unsigned int, int);
    """
)
_libc: Any = _ffi.dlopen(None)
_recvmmsg, _sendmmsg, _NULL = _libc.recvmmsg, _libc.sendmmsg, _ffi.NULL


class Keys(Protocol):
    """The key of each slot's sender."""

    def __getitem__(self, slot: int, /) -> int: ...


class Batch:
    """Receive slots for one family of addresses, and a send list for both."""

    def __init__(self, family: int = socket.AF_INET) -> None:
        if _ffi.sizeof("struct mmsghdr") != 64 or sys.byteorder != "little":
            raise OSError("counter.media needs 64-bit little-endian Linux for sendmmsg")
        self._memory = _ffi.new("char[]", SIZE * SLOT_BYTES)
        name_bytes = ADDRESS_BYTES[family]
        stride = -name_bytes // 16 * -16
        self._names = _ffi.new("char[]", SIZE * stride)
        self._in_vectors = _ffi.new("struct iovec[]", SIZE)
        self._out_vectors = _ffi.new("struct iovec[]", SIZE)
        self._in = _ffi.new("struct mmsghdr[]", SIZE)
        self._out = _ffi.new("struct mmsghdr[]", SIZE)
        self.base = pointer(self._memory)
        names = pointer(self._names)
        for slot in range(SIZE):
            self._in_vectors[slot].iov_base = _ffi.cast("void *", self.base + slot * SLOT_BYTES)
            self._in_vectors[slot].iov_len = SLOT_BYTES
            header = self._in[slot].msg_hdr
            header.msg_name = _ffi.cast("void *", names + slot * stride)
            header.msg_namelen = name_bytes
            header.msg_iov, header.msg_iovlen = self._in_vectors + slot, 1
            header = self._out[slot].msg_hdr
            header.msg_namelen = TARGET_BYTES
            header.msg_iov, header.msg_iovlen = self._out_vectors + slot, 1
        self.memory = memoryview(_ffi.buffer(self._memory)).cast("B")
        self.lengths = memoryview(_ffi.buffer(self._in)).cast("I")[14::16]
        "Length of the datagram in each slot, bytes; whoever changes one in place changes this too."
        found = memoryview(_ffi.buffer(self._names))
        self.addresses: Keys = (
            found.cast("Q")[::2] if family == socket.AF_INET else _Keys6(found.cast("B"), stride)
        )
        self.targets = memoryview(_ffi.buffer(self._out)).cast("Q")[::8]
        "Pointer to the `Target` that each outgoing datagram goes to."
        vectors = memoryview(_ffi.buffer(self._out_vectors)).cast("Q")
        self.starts, self.sizes = vectors[::2], vectors[1::2]
        "Where each outgoing datagram begins in memory, and its length in bytes."

    def length_pointer(self, slot: int) -> int:
        """Address of a slot's length, an `unsigned int`."""
        return pointer(self._in + slot) + _ffi.offsetof("struct mmsghdr", "msg_len")

    def receive(self, descriptor: int) -> int:
        """Fill the slots with what waits; the number filled, 0 when nothing waits."""
        count: int = _recvmmsg(descriptor, self._in, SIZE, DONT_WAIT, _NULL)
        return count if count > 0 else 0

    def send(self, descriptor: int, count: int) -> int:
        """Send the first `count` of the send list; the number that could not be sent.

        A datagram that the kernel refuses is left out; those behind it still go.
        """
        done: int = _sendmmsg(descriptor, self._out, count, DONT_WAIT)
        if done == count:
            return 0
        done = max(done, 0)
        lost = 0
        while done < count:
            sent: int = _sendmmsg(descriptor, self._out + done, count - done, DONT_WAIT)
            if sent <= 0:
                lost += 1
                sent = 1
            done += sent
        return lost


def pointer(memory: Any) -> int:
    """Address of a cffi object."""
    return int(_ffi.cast("uintptr_t", memory))


class _Keys6:
    """Reads a key that is too long for a memory view to read."""

    def __init__(self, names: memoryview, stride: int) -> None:
        self._names, self._stride = names, stride

    def __getitem__(self, slot: int) -> int:
        start = slot * self._stride
        return int.from_bytes(self._names[start : start + 28], "little")


class Target:
    """A socket address that stays in one place, so that a send list may point to it."""

    def __init__(self) -> None:
        self._memory = _ffi.new("char[]", TARGET_BYTES)
        self.pointer = pointer(self._memory)

    def point_to(self, ip: str, port: int) -> None:
        """Change the address in place: what is in a send list goes to the new one."""
        _ffi.memmove(self._memory, _raw_address(ip, port).ljust(TARGET_BYTES, b"\0"), TARGET_BYTES)


def address_key(ip: str, port: int) -> int:
    """The key in `Batch.addresses` of an address and port.

    An IPv6 address has no scope here: one that is valid on one link only is never equal to what
    comes from there, and so is never let in.
    """
    return int.from_bytes(_raw_address(ip, port), "little")


def readable_address(key: int) -> tuple[str, int]:
    """The address behind a key of `Batch.addresses`."""
    port = int.from_bytes((key >> 16 & 0xFFFF).to_bytes(2, "little"), "big")
    if key & 0xFFFF == socket.AF_INET:
        return socket.inet_ntoa((key >> 32).to_bytes(4, "little")), port
    return socket.inet_ntop(socket.AF_INET6, (key >> 64 & _ADDRESS6).to_bytes(16, "little")), port


def source_of(key: int) -> int:
    """Who is behind a key of `Batch.addresses`: its IPv4 address, or its IPv6 network of 64 bits.

    Whoever has one IPv6 address usually has 2^64 of them.
    """
    if key & 0xFFFF == socket.AF_INET:
        return key >> 32
    return 1 << 64 | key >> 64 & 0xFFFF_FFFF_FFFF_FFFF


_ADDRESS6: Final = (1 << 128) - 1


def _raw_address(ip: str, port: int) -> bytes:
    """A `sockaddr_in` without its padding, or a `sockaddr_in6`."""
    address = ipaddress.ip_address(ip)
    family = socket.AF_INET if address.version == 4 else socket.AF_INET6
    raw = int(family).to_bytes(2, "little") + port.to_bytes(2, "big")
    if address.version == 4:
        return raw + address.packed
    return raw + bytes(4) + address.packed + bytes(4)
