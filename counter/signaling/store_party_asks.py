"""From an ask about those in a call to its command; a part of the table of `store_asks.py`."""

from collections.abc import Callable, Mapping
from typing import Any, Final

from counter.ids import AgentId, CallId
from counter.protocol import parties as asks
from counter.protocol.message import Ask
from counter.signaling import (
    store_hold,
    store_invites,
    store_parties,
    store_supervision,
)
from counter.signaling.party import Purpose
from counter.signaling.ports import GatewayPrincipal, Json
from counter.signaling.store_step import Step

Command = Callable[[Step, GatewayPrincipal, Any], Json | None]


def _of_desk(run: Callable[[Step, AgentId, int, Any], Json | None]) -> Command:
    def command(step: Step, who: GatewayPrincipal, ask: Ask) -> Json | None:
        return run(step, AgentId(who.subject), who.epoch, ask)

    return command


def _hold(step: Step, agent_id: AgentId, epoch: int, ask: asks.CallHold) -> None:
    store_hold.hold(step, agent_id, epoch, on=ask.on)


def _mute(step: Step, agent_id: AgentId, epoch: int, ask: asks.CallMute) -> None:
    store_hold.restrain(step, agent_id, epoch, ask.owner, muted=ask.muted)


def _hide(step: Step, agent_id: AgentId, epoch: int, ask: asks.CallHide) -> None:
    store_hold.restrain(step, agent_id, epoch, ask.owner, hidden=ask.hidden)


def _invite(step: Step, agent_id: AgentId, epoch: int, ask: asks.PartyInvite) -> Json:
    party_id = store_invites.invite(
        step, agent_id, epoch, AgentId(ask.agent), Purpose(ask.purpose), stays=ask.stay
    )
    return {"party_id": party_id}


def _take_back(step: Step, agent_id: AgentId, epoch: int, ask: asks.PartyTakeBack) -> None:
    store_invites.take_back(step, agent_id, epoch, ask.party_id)


def _accept(step: Step, agent_id: AgentId, epoch: int, ask: asks.PartyAccept) -> None:
    store_invites.accept_invite(step, agent_id, epoch, ask.party_id)


def _decline(step: Step, agent_id: AgentId, epoch: int, ask: asks.PartyDecline) -> None:
    store_invites.decline_invite(step, agent_id, epoch, ask.party_id)


def _bring_in(step: Step, agent_id: AgentId, epoch: int, ask: asks.PartyBringIn) -> None:
    store_parties.bring_in(step, agent_id, epoch, ask.party_id)


def _hand_over(step: Step, agent_id: AgentId, epoch: int, ask: asks.PartyHandOver) -> None:
    store_parties.hand_over(step, agent_id, epoch, ask.party_id, stays=ask.stay)


def _leave(step: Step, agent_id: AgentId, epoch: int, ask: asks.PartyLeave) -> None:
    store_parties.leave_call(step, agent_id, epoch)


def _remove(step: Step, agent_id: AgentId, epoch: int, ask: asks.PartyRemove) -> None:
    store_parties.remove(step, agent_id, epoch, ask.party_id)


def _supervise(step: Step, who: GatewayPrincipal, ask: asks.SuperviseStart) -> Json:
    party_id = store_supervision.supervise(
        step,
        AgentId(who.subject),
        who.epoch,
        CallId(ask.call_id),
        ask.mode,
        supervisor=who.supervisor,
    )
    return {"party_id": party_id}


def _mode(step: Step, agent_id: AgentId, epoch: int, ask: asks.SuperviseMode) -> None:
    store_supervision.change_mode(step, agent_id, epoch, ask.mode)


def _stop(step: Step, agent_id: AgentId, epoch: int, ask: asks.SuperviseStop) -> None:
    store_supervision.stop(step, agent_id, epoch)


COMMANDS: Final[Mapping[type[Ask], Command]] = {
    asks.CallHold: _of_desk(_hold),
    asks.CallMute: _of_desk(_mute),
    asks.CallHide: _of_desk(_hide),
    asks.PartyInvite: _of_desk(_invite),
    asks.PartyTakeBack: _of_desk(_take_back),
    asks.PartyAccept: _of_desk(_accept),
    asks.PartyDecline: _of_desk(_decline),
    asks.PartyBringIn: _of_desk(_bring_in),
    asks.PartyHandOver: _of_desk(_hand_over),
    asks.PartyLeave: _of_desk(_leave),
    asks.PartyRemove: _of_desk(_remove),
    asks.SuperviseStart: _supervise,
    asks.SuperviseMode: _of_desk(_mode),
    asks.SuperviseStop: _of_desk(_stop),
}
"Every ask of `counter.protocol.parties` that changes something."
