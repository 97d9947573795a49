"""A file of a stranger becomes pages: header, virus scanner, decoder, and a look at each page.

Whatever fails, nothing was kept.  The bytes that came in go to the scanner and to the decoder's own
process; all that follows sees what was drawn anew.
"""

from counter.documents.admit import AdmitLimits, NotAdmitted, sniff_file
from counter.documents.admit_ports import Decoder, Looker, VirusCheck
from counter.documents.advance import Look
from counter.documents.page import Limits, ScanRefused
from counter.documents.refusals import refusal_of


class AdmitService:
    """See `counter.documents.admit_ports.Reader`."""

    def __init__(
        self,
        decoder: Decoder,
        looker: Looker,
        check: VirusCheck | None = None,
        *,
        limits: AdmitLimits | None = None,
        page_limits: Limits | None = None,
    ) -> None:
        """check: none where no scanner is set up."""
        self._decoder = decoder
        self._looker = looker
        self._check = check
        self._limits = limits or AdmitLimits()
        self._page_limits = page_limits or Limits()

    def require_header(self, content: bytes) -> None:
        """Raises a `PhotographRefused` for what need not be looked at further."""
        sniff_file(content, self._limits)

    async def read(self, content: bytes) -> tuple[Look, ...]:
        """The pages in order, at least one.  Raises a `PhotographRefused` by its code."""
        self.require_header(content)
        if self._check is not None:
            await self._check.check(content)
        admitted = await self._decoder.decode(content)
        if isinstance(admitted, NotAdmitted):
            raise refusal_of(admitted.code)("a file of a citizen")
        looks: list[Look] = []
        for page in admitted.pages:
            # A page drawn from a PDF is nothing but the page; in a photograph it is to be found.
            look = self._looker.look if admitted.photograph else self._looker.look_at_drawn
            answer = await look(page.jpeg, self._page_limits)
            if isinstance(answer, ScanRefused):
                raise refusal_of(answer.code)("a file of a citizen")
            looks.append(answer)
        return tuple(looks)
