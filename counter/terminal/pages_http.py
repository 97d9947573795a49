"""What the program fetches from the counter over HTTP: the PDF of a print."""

import aiohttp

from counter.errors import NotFound
from counter.terminal.ports import DeviceFailed, LineLost

PATIENCE = aiohttp.ClientTimeout(total=60, sock_connect=5)


class HttpPages:
    """`http` is the caller's, who closes it."""

    def __init__(self, http: aiohttp.ClientSession, server: str, token: str) -> None:
        """server: such as `https://counter.example`.  token: the program's bearer secret."""
        self._http = http
        self._server = server.rstrip("/")
        self._headers = {"Authorization": f"Bearer {token}", "Accept": "application/json"}

    async def to_print(self, print_id: str) -> bytes:
        """The PDF of a print.

        Raises `NotFound` when it is not wanted any more, `DeviceFailed` when the counter cannot
        make it, `LineLost`.
        """
        url = f"{self._server}/terminal/prints/{print_id}"
        try:
            async with self._http.get(
                url, headers=self._headers, timeout=PATIENCE, allow_redirects=False
            ) as answer:
                if answer.status == 404:
                    raise NotFound(f"print {print_id} is not wanted any more")
                if answer.status >= 500 or answer.status == 429:
                    raise LineLost(f"the counter answered {answer.status}")
                if answer.status != 200 or answer.content_type != "application/pdf":
                    raise DeviceFailed("failed", f"print {print_id}: answer {answer.status}")
                return await answer.read()
        except (aiohttp.ClientError, TimeoutError, OSError) as lost:
            raise LineLost(f"a print was not fetched: {type(lost).__name__}") from lost
