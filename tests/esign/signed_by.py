"""Documents signed by whomever a test likes, with two fields or with four."""

import hashlib
from collections.abc import Mapping
from datetime import datetime

from counter.esign.fields_pikepdf import with_signature_fields
from counter.esign.form_typst import Box, Press, shipped_forms
from counter.esign.ink import drawing, ink
from counter.esign.key_ports import KeyFiles
from counter.esign.keys_files import load
from counter.esign.seal_pyhanko import Look, Room, Saying, begin, field_size, finish
from counter.esign.stamps_http import HttpStamps
from tests.esign.conftest import FILLED, STROKES


def form(fields: tuple[str, ...], now: datetime) -> bytes:
    """Return a drawn form with these empty fields."""
    template = shipped_forms().of("certificate_application")
    drawn = Press().form(template, {**FILLED, "remarks": ""}, now)
    known = {box.name: box for box in drawn.boxes}
    first = drawn.boxes[0]
    boxes = [
        known.get(name)
        or Box(name=name, page=first.page, x_pt=40, y_pt=40 + 20 * at, width_pt=80, height_pt=18)
        for at, name in enumerate(fields)
    ]
    drawn = type(drawn)(pdf=drawn.pdf, boxes=tuple(boxes))
    return with_signature_fields(drawn, {name: name for name in fields})


async def signed_by(
    signers: Mapping[str, KeyFiles],
    stamps: HttpStamps,
    now: datetime,
    room: Room | None = None,
    *,
    stamped_at: datetime | None = None,
) -> bytes:
    """Return a form signed in these fields, in this order, by these keys; each is B-T.

    stamped_at: when `now` is a lie.
    """
    room = room or Room()
    pdf = form(tuple(signers), now)
    for at, (field, files) in enumerate(signers.items()):
        key = load(files)
        width_pt, height_pt = field_size(pdf, field)
        begun = await begin(
            pdf,
            await key.certificates(),
            field=field,
            look=Look(drawing=drawing(ink(STROKES), width_pt=width_pt, height_pt=height_pt)),
            at=now,
            now=now,
            saying=Saying(commitment="approval", certify=at == 0),
            token_bytes=stamps.token_bytes,
            room=room,
        )
        ticket = begun.ticket
        value = await key.sign(ticket.dtbsr, ticket.mechanism)
        digest = hashlib.sha256(value).digest()
        token = await stamps.stamp(digest, stamped_at or now, room_bytes=ticket.token_room_bytes)
        pdf = await finish(begun.pdf, ticket, value, token)
    return pdf
