"""A simulated face hangs up to the end, however often it is told to stop meanwhile."""

import asyncio
import threading

import pytest
from aiortc import RTCPeerConnection, RTCSessionDescription

from counter.protocol.calling import LegOffered
from counter.terminal.leg_aiortc import MovingPicture, SimulatedLeg, Tone


def decoders() -> list[str]:
    return [one.name for one in threading.enumerate() if one.name.endswith("-decoder")]


async def called(leg: SimulatedLeg) -> RTCPeerConnection:
    """The other side of a call that stands."""
    peer = RTCPeerConnection()
    for track in (Tone(), MovingPicture()):
        peer.addTransceiver(track, direction="sendonly")
    await peer.setLocalDescription(await peer.createOffer())
    offer = LegOffered(
        leg_id="leg-1", sdp=peer.localDescription.sdp, tag=1, ice_servers=[], relay_only=False
    )
    answer = await leg.answer(offer)
    await peer.setRemoteDescription(RTCSessionDescription(sdp=answer, type="answer"))
    assert await leg.until_connected(30)
    async with asyncio.timeout(30):
        while len(decoders()) < 2:
            await asyncio.sleep(0.01)
    return peer


async def test_a_call_that_is_let_go_of_half_way_leaves_no_thread() -> None:
    leg = SimulatedLeg()
    peer = await called(leg)
    try:
        hanging_up = asyncio.create_task(leg.close())
        await asyncio.sleep(0)  # it has begun, and not ended
        hanging_up.cancel()
        with pytest.raises(asyncio.CancelledError):
            await hanging_up
        assert decoders(), "it had not ended yet"
        async with asyncio.timeout(30):
            await leg.close()
            await leg.close()  # a second time there is nothing to be done
        assert decoders() == []
    finally:
        await peer.close()
