"""Many datagrams per system call: `recvmmsg` and `sendmmsg` through cffi (Linux).

One `Batch` holds `SIZE` receive slots in one block of memory.  A packet is received into a slot,
changed there, and sent from there; no Python object is made for it.
"""

import socket
import sys
from typing import Any, Final

from cffi import FFI

SIZE: Final = 64
SLOT_BYTES: Final = 2048
"Room for a datagram of `MAX_DATAGRAM` and the tag that libsrtp appends to it in place."
MAX_DATAGRAM: Final = 1500
ADDRESS_BYTES: Final = 16
"sizeof(struct sockaddr_in)"
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


class Batch:
    """Receive slots and the matching send list."""

    def __init__(self) -> None:
        if _ffi.sizeof("struct mmsghdr") != 64 or sys.byteorder != "little":
            raise OSError("counter.media needs 64-bit little-endian Linux for sendmmsg")
        self._memory = _ffi.new("char[]", SIZE * SLOT_BYTES)
        self._names = _ffi.new("char[]", SIZE * ADDRESS_BYTES)
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
            header.msg_name = _ffi.cast("void *", names + slot * ADDRESS_BYTES)
            header.msg_namelen = ADDRESS_BYTES
            header.msg_iov, header.msg_iovlen = self._in_vectors + slot, 1
            header = self._out[slot].msg_hdr
            header.msg_namelen = ADDRESS_BYTES
            header.msg_iov, header.msg_iovlen = self._out_vectors + slot, 1
        self.memory = memoryview(_ffi.buffer(self._memory)).cast("B")
        self.lengths = memoryview(_ffi.buffer(self._in)).cast("I")[14::16]
        "Length of the datagram in each slot, bytes."
        self.addresses = memoryview(_ffi.buffer(self._names)).cast("Q")[::2]
        "Family, port and IPv4 address of each slot's sender, as one integer."
        self.targets = memoryview(_ffi.buffer(self._out)).cast("Q")[::8]
        "Pointer to the `sockaddr_in` that each outgoing datagram goes to."
        vectors = memoryview(_ffi.buffer(self._out_vectors)).cast("Q")
        self.starts, self.sizes = vectors[::2], vectors[1::2]
        "Where each outgoing datagram begins in memory, and its length in bytes."

    def receive(self, descriptor: int) -> int:
        """Fill the slots with what waits; the number filled, 0 when nothing waits."""
        return max(0, int(_libc.recvmmsg(descriptor, self._in, SIZE, DONT_WAIT, _ffi.NULL)))

    def send(self, descriptor: int, count: int) -> int:
        """Send the first `count` of the send list; the number that could not be sent.

        A datagram that the kernel refuses is left out; those behind it still go.
        """
        done = lost = 0
        while done < count:
            sent = int(_libc.sendmmsg(descriptor, self._out + done, count - done, DONT_WAIT))
            if sent <= 0:
                lost += 1
                sent = 1
            done += sent
        return lost


def pointer(memory: Any) -> int:
    """Address of a cffi object."""
    return int(_ffi.cast("uintptr_t", memory))


def address_key(ip: str, port: int) -> int:
    """The key in `Batch.addresses` of an IPv4 address and port."""
    return int.from_bytes(_raw_address(ip, port), sys.byteorder)


class Target:
    """A `sockaddr_in` that stays at one place in memory, so that a send list may point to it."""

    def __init__(self) -> None:
        self._memory = _ffi.new("char[]", ADDRESS_BYTES)
        self.pointer = pointer(self._memory)

    def point_to(self, ip: str, port: int) -> None:
        """Change the address in place: what is in a send list goes to the new one."""
        _ffi.memmove(self._memory, _raw_address(ip, port), 8)


def _raw_address(ip: str, port: int) -> bytes:
    family = int(socket.AF_INET).to_bytes(2, sys.byteorder)
    return family + port.to_bytes(2, "big") + socket.inet_aton(ip)


def readable_address(key: int) -> tuple[str, int]:
    """The address behind a key of `Batch.addresses`."""
    raw = key.to_bytes(8, sys.byteorder)
    return socket.inet_ntoa(raw[4:8]), int.from_bytes(raw[2:4], "big")
