"""What terminal and desk want recorded, handed to recordings."""

from collections.abc import Mapping

from counter.media.recording import Word
from counter.media.recording_service import RecordingService
from counter.protocol import recording as asks
from counter.protocol.message import Ask
from counter.signaling.ports import GatewayPrincipal, Handler


def handlers(recordings: RecordingService) -> dict[type[Ask], Handler]:
    """The rows of the gateway's table, for both namespaces."""

    async def propose(who: GatewayPrincipal, ask: Ask) -> Mapping[str, object]:
        assert isinstance(ask, asks.RecordingPropose)
        recording_id = ask.key[:40]  # a repeated ask is the same recording
        await recordings.propose(who, ask.key, recording_id)
        return {"recording_id": recording_id}

    async def agree(who: GatewayPrincipal, ask: Ask) -> Mapping[str, object]:
        assert isinstance(ask, asks.RecordingAgree)
        await recordings.agree(who, ask.key, ask.recording_id)
        return {}

    async def decline(who: GatewayPrincipal, ask: Ask) -> Mapping[str, object]:
        assert isinstance(ask, asks.RecordingDecline)
        await recordings.decline(who, ask.key, ask.recording_id)
        return {}

    def steer(word: Word) -> Handler:
        async def handler(who: GatewayPrincipal, ask: Ask) -> Mapping[str, object]:
            assert isinstance(ask, asks.RecordingPause | asks.RecordingResume | asks.RecordingStop)
            await recordings.steer(who, ask.key, ask.recording_id, word)
            return {}

        return handler

    return {
        asks.RecordingPropose: propose,
        asks.RecordingAgree: agree,
        asks.RecordingDecline: decline,
        asks.RecordingPause: steer("pause"),
        asks.RecordingResume: steer("resume"),
        asks.RecordingStop: steer("stop"),
    }
