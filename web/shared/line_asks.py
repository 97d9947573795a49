"""What terminal and desk say of their lines, handed to those who watch them."""

from collections.abc import Mapping

from counter.media.quality import Seen
from counter.media.quality_service import QualityService
from counter.protocol.line import LegReport, PictureChoose
from counter.protocol.message import Ask
from counter.signaling.ports import GatewayPrincipal, Handler


def handlers(quality: QualityService) -> dict[type[Ask], Handler]:
    """The rows of the gateway's table, for both namespaces."""

    async def report(who: GatewayPrincipal, ask: Ask) -> Mapping[str, object]:
        assert isinstance(ask, LegReport)
        seen = Seen(
            window_ms=ask.window_ms,
            connected=ask.connected,
            camera=ask.camera,
            microphone=ask.microphone,
            received=ask.received,
            lost=ask.lost,
            frozen_ms=ask.frozen_ms,
            jitter_buffer_ms=ask.jitter_buffer_ms,
            rtt_ms=ask.rtt_ms,
            available_kbps=ask.available_kbps,
            limited_by=ask.limited_by,
        )
        return {"video_kbps": await quality.report(who, ask.call_id, seen)}

    async def choose_picture(who: GatewayPrincipal, ask: Ask) -> Mapping[str, object]:
        assert isinstance(ask, PictureChoose)
        await quality.choose_picture(who, ask.call_id, picture=ask.picture)
        return {}

    return {LegReport: report, PictureChoose: choose_picture}
