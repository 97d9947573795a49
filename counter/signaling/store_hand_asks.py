"""From an ask about the agent's hands to its command; a part of the table of `store_asks.py`."""

from collections.abc import Callable, Mapping
from typing import Any, Final

from counter.ids import AgentId, TerminalId
from counter.protocol import hands as asks
from counter.protocol import pointing
from counter.protocol.device import LampReport
from counter.protocol.message import Ask
from counter.signaling import store_device, store_hands, store_marks
from counter.signaling.hand import Hand
from counter.signaling.ports import GatewayPrincipal, Json
from counter.signaling.store_step import Step
from counter.signaling.store_terminal import Terminal, any_terminal

Command = Callable[[Step, GatewayPrincipal, Any], Json | None]
OnTerminal = Callable[[Step, Terminal, Any], Json | None]


def _use(which: Hand, value: Callable[[Any], Any]) -> Command:
    def command(step: Step, who: GatewayPrincipal, ask: Ask) -> None:
        store_hands.use(step, AgentId(who.subject), who.epoch, which, value(ask))

    return command


def _crop(ask: asks.HandCrop) -> list[float] | None:
    crop = ask.crop
    if crop is None or (crop.width == 1 and crop.height == 1):
        return None
    return [crop.x, crop.y, crop.width, crop.height]


def _page(ask: asks.HandPage) -> Json:
    return {"ceremony_id": ask.ceremony_id, "number": ask.number, "by": "agent"}


def _ask_again(step: Step, who: GatewayPrincipal, ask: asks.HandsAsk) -> None:
    store_hands.ask_again(step, AgentId(who.subject), who.epoch)


def _draw(step: Step, who: GatewayPrincipal, ask: pointing.MarkDraw) -> Json:
    return {"mark_id": store_marks.draw(step, AgentId(who.subject), who.epoch, ask)}


def _clear(step: Step, who: GatewayPrincipal, ask: pointing.MarkClear) -> None:
    store_marks.clear(step, AgentId(who.subject), who.epoch, ask.surface, ask.hidden_only)


def _show(step: Step, who: GatewayPrincipal, ask: pointing.MarkShow) -> None:
    store_marks.show(step, AgentId(who.subject), who.epoch, ask.surface)


def _stop(step: Step, terminal: Terminal, ask: asks.HandsStop) -> None:
    store_hands.stop(step, terminal)


def _answer(step: Step, terminal: Terminal, ask: asks.HandsAnswer) -> None:
    store_hands.answer(step, terminal, allow=ask.allow)


def _report(step: Step, terminal: Terminal, ask: asks.HandReport) -> None:
    store_hands.report(step, terminal, Hand(ask.hand), ask.rev, ask.cannot)


def _lamp(step: Step, who: GatewayPrincipal, ask: LampReport) -> None:
    store_device.touch(step, who)
    terminal = any_terminal(step, TerminalId(who.subject))
    store_hands.report(step, terminal, Hand.LIGHT, ask.rev, None if ask.made else "failed")


def _turn(step: Step, terminal: Terminal, ask: asks.PageTurn) -> None:
    store_hands.turn_page(step, terminal, ask.ceremony_id, ask.number)


DESK: Final[Mapping[type[Ask], Command]] = {
    asks.HandCamera: _use(Hand.CAMERA, lambda ask: ask.camera),
    asks.HandCrop: _use(Hand.CROP, _crop),
    asks.HandGain: _use(Hand.GAIN, lambda ask: ask.percent),
    asks.HandVolume: _use(Hand.VOLUME, lambda ask: ask.percent),
    asks.HandLight: _use(Hand.LIGHT, lambda ask: ask.percent),
    asks.HandTextSize: _use(Hand.TEXT_SIZE, lambda ask: ask.text_size),
    asks.HandLanguage: _use(Hand.LANGUAGE, lambda ask: ask.language),
    asks.HandPage: _use(Hand.PAGE, _page),
    asks.HandShow: _use(Hand.SHOW, lambda ask: ask.sha256),
    asks.HandsAsk: _ask_again,
    pointing.MarkDraw: _draw,
    pointing.MarkClear: _clear,
    pointing.MarkShow: _show,
}
"Asks of the agent who leads the call."

TERMINAL: Final[Mapping[type[Ask], OnTerminal]] = {
    asks.HandsStop: _stop,
    asks.HandsAnswer: _answer,
    asks.HandReport: _report,
    asks.PageTurn: _turn,
}
"Asks of the terminal, which is locked."

DEVICE: Final[Mapping[type[Ask], Command]] = {LampReport: _lamp}
"Asks of the program beside the terminal's page."
