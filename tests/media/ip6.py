"""A call of real browsers of which one has IPv6 only, played in a network of its own."""

import re
from typing import Any

from tests.media.browsers import join_both, opened_stage, seen_and_heard
from tests.media.scenes import opened_pages
from tests.private_network import HERE, NEAR, ip

HERE6 = "2001:db8:5::1"
"Of the range for documentation (RFC 3849)."
PROTOCOL = """pc.getStats().then(reports => {
  const found = [...reports.values()];
  const pairs = found.filter(each => each.type === 'candidate-pair');
  const [pair] = pairs.sort((one, other) => other.bytesReceived - one.bytesReceived);
  return found.find(each => each.id === pair.remoteCandidateId).address;
})"""


async def over_ip6(kind: str) -> dict[str, Any]:
    """A terminal that is offered IPv6 only, and an agent that is offered IPv4 only.

    kind: of the terminal's browser.  Returns what each says of the address it sends to.
    """
    ip(f"-6 address add {HERE6}/64 dev {NEAR} nodad")
    async with (
        opened_stage("--ip6", HERE6, ip=HERE) as stage,
        opened_pages(stage.url, (kind, "VP8"), ("chromium", "VP8")) as (terminal, agent),
    ):
        unwanted = {"terminal": HERE, "agent": HERE6}
        stage.route = lambda owner, sdp: re.sub(
            rf"a=candidate:[^\n]* {re.escape(unwanted[owner])} [^\n]*\n", "", sdp
        )
        await join_both(terminal, agent, height_px=360)
        for page in (terminal, agent):
            await seen_and_heard(page, more_than=30)
        return {
            "terminal": await terminal.evaluate(PROTOCOL),
            "agent": await agent.evaluate(PROTOCOL),
        }
