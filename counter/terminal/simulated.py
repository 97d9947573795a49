"""The simulated terminal and the simulated desk: play their part until told to stop."""

import asyncio
import hashlib
import logging
from collections.abc import Awaitable, Callable, Mapping

import aiohttp

from counter.protocol.calling import LegOffered
from counter.terminal.leg_aiortc import SimulatedLeg
from counter.terminal.line_socketio import Line
from counter.terminal.ports import Refused
from counter.terminal.script import Say, Screen, Step, Wish, agent_step, citizen_step

log = logging.getLogger(__name__)

Camera = Callable[[int], bytes]
"Takes attempt number, gives a JPEG of a paper on a desk."

Say_ = Callable[[str], None]


class Simulated:
    """What both have in common: a line, a leg, and a script."""

    def __init__(self, line: Line, leg: SimulatedLeg, pace_s: float, tell: Say_) -> None:
        self.line = line
        self.leg = leg
        self._pace_s = pace_s
        self._tell = tell
        self._call_id: str | None = None
        self._tag: int | None = None
        "Of the leg that was made last."
        self._sending = False

    async def _follow(self, screen: Screen, call_id: str | None) -> None:
        """Have the leg that the screen asks for, and be seen when it says so."""
        card = screen["leg"]
        self._sends(card is not None and card["sending"])
        if card is None:
            if self._tag is not None:
                await self.leg.close()
            self._tag = None
        elif self._tag is None or card["tag"] > self._tag or not self.leg.connected:
            await self._join()
        if call_id is not None and call_id != self._call_id and self.leg.connected:
            self._tell("in the call")
            self._call_id = call_id
        if call_id is None:
            self._call_id = None

    def _sends(self, sending: bool) -> None:
        if sending != self._sending:
            self._sending = sending
            self.leg.show(sending)

    async def _join(self) -> None:
        try:
            answered = await self.line.ask("leg.join", {})
            offer = LegOffered.model_validate(
                {name: answered[name] for name in LegOffered.model_fields}
            )
            answer = await self.leg.answer(offer)
            await self.line.ask("leg.answer", {"leg_id": offer.leg_id, "sdp": answer})
            await self.leg.until_connected(5.0)
        except Refused as refused:
            log.info("the leg could not be made yet: %s", refused.reason)
            return
        self._tag = offer.tag

    async def _say(self, say: Say) -> None:
        self._tell(say.event)
        try:
            await self.line.ask(say.event, say.body)
            await asyncio.sleep(say.pause_s)
        except Refused as refused:
            self._tell(f"{say.event} was refused: {refused.reason}")
            await asyncio.sleep(max(self._pace_s, 1.0))


class SimulatedTerminal(Simulated):
    """Comes, waits, is served, and leaves; once, or again and again."""

    def __init__(
        self,
        line: Line,
        leg: SimulatedLeg,
        *,
        put: Callable[[str, bytes, str], Awaitable[str | None]],
        camera: Camera,
        pace_s: float,
        tell: Say_,
    ) -> None:
        """put: sends a picture for a request, answers the refusal's code or None."""
        super().__init__(line, leg, pace_s, tell)
        self._put = put
        self._camera = camera
        self._refused: dict[str, int] = {}

    async def visit(self, wish: Wish) -> None:
        """One whole visit, until the terminal shows its first screen again."""
        begun = False
        while True:
            await self.line.news(5.0)
            screen = self.line.screen
            if screen is None:
                continue
            call = screen["call"]
            await self._follow(screen, call and call["call_id"])
            if begun and screen["stage"] == "attract":
                return
            begun = begun or screen["stage"] != "attract"
            step = citizen_step(screen, wish, self._refused)
            if step is not None:
                await asyncio.sleep(self._pace_s)
                if self.line.screen is screen:
                    await self._do(step)

    async def _do(self, step: Step) -> None:
        if isinstance(step, Say):
            await self._say(step)
            return
        self._tell("lays a paper under the camera")
        picture = await asyncio.to_thread(self._camera, step.attempt)
        code = await self._put(step.request_id, picture, hashlib.sha256(picture).hexdigest())
        if code is not None:
            self._tell(f"the paper was refused: {code}")
            self._refused[step.request_id] = step.attempt + 1


class SimulatedDesk(Simulated):
    """Takes calls, asks for a paper, has a form signed, closes; until cancelled."""

    async def serve(self, answers: Mapping[str, str], *, cases: int | None = None) -> None:
        """Serve `cases` citizens, or for ever."""
        served, case_id = 0, None
        while cases is None or served < cases:
            await self.line.news(2.0)
            screen: Screen | None = self.line.screen
            if screen is None:
                continue
            case = screen["case"]
            call = case and case["call"]
            await self._follow(screen, call and call["call_id"])
            if case is None and case_id is not None:
                served, case_id = served + 1, None
            elif case is not None:
                case_id = case["case_id"]
            step = agent_step(screen, answers)
            if isinstance(step, Say):
                await asyncio.sleep(self._pace_s)
                if self.line.screen is screen:
                    await self._say(step)


def putter(
    http: aiohttp.ClientSession, address: str, token: str
) -> Callable[[str, bytes, str], Awaitable[str | None]]:
    """Sends pictures as the terminal's page does."""

    async def put(request_id: str, picture: bytes, sha256: str) -> str | None:
        async with http.put(
            f"{address}/terminal/pages/{request_id}",
            data=picture,
            headers={
                "Authorization": f"Bearer {token}",
                "Content-Type": "image/jpeg",
                "X-Digest-SHA256": sha256,
            },
        ) as response:
            answer = await response.json()
            return None if answer.get("ok") else str(answer.get("code"))

    return put
