"""A remote signing service on loopback, stricter than real ones: CSC API versions 1 and 2."""

import asyncio
import base64
import json
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from typing import Any

from aiohttp import web

from counter.esign.key_ports import KeyProvider
from counter.esign.keys_csc import ALGORITHMS, SHA256
from counter.esign.keys_files import FileKey
from counter.esign.ticket import Mechanism

TOKEN, CREDENTIAL, PIN, OTP = "let-us-in", "citizen-1", "4711", "123456"
LIFE_S = 300


class FakeService:
    """One credential.  Each SAD is for one signature over the hashes it was given for."""

    def __init__(self, key: FileKey, mechanism: Mechanism, version: int) -> None:
        self.key = key
        self.signs_with: KeyProvider = key
        self.others: dict[str, FileKey] = {}
        "Whose certificates other credentials have."
        self.mechanism = mechanism
        self.version = version
        self.scal = "2"
        self.key_status = "enabled"
        self.seconds = 0.0
        self.fault: str | None = None
        "A call that answers `garbage`, and how: `call:html`, `call:list`, `call:hang`, `call:500`."
        self.seen: list[tuple[str, dict[str, Any]]] = []
        self.url = ""
        self.users: dict[str, list[str]] = {}
        "Credentials by user."
        self.pin: str | None = PIN
        "None: a code alone is enough."
        self.otp = OTP
        self.codes: list[str] = []
        "Those that were sent: each is good once, and only the newest."
        self.signed: list[str] = []
        "Hashes, in base64."
        self.accepted: list[str] = []
        "Codes that opened the key."
        self.loses_answer: asyncio.Event | None = None
        "Set once it has signed; the answer does not come until `answers` is set."
        self.answers = asyncio.Event()
        self.cuts: str | None = None
        "A call that is carried out; then the connection is cut instead of the answer."
        self._sads: dict[str, tuple[list[str], float]] = {}

    async def info(self, asked: dict[str, Any]) -> dict[str, Any]:
        chain = await self.others.get(asked["credentialID"], self.key).certificates()
        certificates = [chain.certificate, *chain.issuers]
        wants: dict[str, Any] = {"PIN": {"presence": "true" if self.pin else "false"}}
        if self.version == 2:
            ids = ["PIN", "OTP"] if self.pin else ["OTP"]
            wants = {"auth": {"mode": "explicit", "objects": [{"id": one} for one in ids]}}
        return wants | {
            "key": {"status": self.key_status, "algo": [ALGORITHMS[self.mechanism][0]]},
            "cert": {
                "status": "valid",
                "certificates": [base64.b64encode(one).decode() for one in certificates],
            },
            "SCAL": self.scal,
        }

    async def authorize(self, asked: dict[str, Any]) -> dict[str, Any]:
        if self.version == 1:
            hashes, pin, otp = asked["hash"], asked.get("PIN"), asked.get("OTP")
        else:
            codes = {one["id"]: one["value"] for one in asked["authData"]}
            hashes, pin, otp = asked["hashes"], codes.get("PIN"), codes.get("OTP")
            assert asked["hashAlgorithmOID"] == SHA256
        assert asked["numSignatures"] == len(hashes) == 1
        if pin != self.pin:
            raise problem("invalid_pin")
        if not otp or otp != self.otp:
            raise problem("invalid_otp")
        self.accepted.append(otp)
        if self.codes:
            self.otp = ""
        sad = f"sad-{len(self.seen)}"
        self._sads[sad] = (hashes, self.seconds + LIFE_S)
        if self.fault == "expire":
            self.seconds += LIFE_S
        return {"SAD": sad, "expiresIn": LIFE_S}

    async def list(self, asked: dict[str, Any]) -> dict[str, Any]:
        return {"credentialIDs": self.users.get(asked["userID"], [])}

    async def send_code(self, asked: dict[str, Any]) -> dict[str, Any]:
        self.otp = f"{424_240 + len(self.codes)}"
        self.codes.append(self.otp)
        return {}

    async def sign_hash(self, asked: dict[str, Any]) -> dict[str, Any]:
        names = ("hash", "hashAlgo") if self.version == 1 else ("hashes", "hashAlgorithmOID")
        hashes = asked[names[0]]
        assert asked[names[1]] == SHA256
        assert asked["signAlgo"] == ALGORITHMS[self.mechanism][0]
        bound, until = self._sads.pop(asked["SAD"], (None, 0.0))
        if bound != hashes or self.seconds >= until:
            raise problem("invalid_sad")
        self.signed += hashes
        values = [
            await self.signs_with.sign(base64.b64decode(one), self.mechanism) for one in hashes
        ]
        if self.loses_answer is not None:
            self.loses_answer.set()
            await self.answers.wait()
        return {"signatures": [base64.b64encode(one).decode() for one in values]}

    async def handle(self, request: web.Request) -> web.StreamResponse:
        call = request.match_info["call"]
        if request.headers.get("Authorization") != f"Bearer {TOKEN}":
            return web.json_response({"error": "invalid_token"}, status=401)
        asked = await request.json()
        self.seen.append((call, asked))
        known = {CREDENTIAL, *(one for own in self.users.values() for one in own)}
        if call != "credentials/list" and asked["credentialID"] not in known:
            raise problem("invalid_request")
        where, _, how = (self.fault or "").rpartition(":")
        if where == call:
            return await faulty(how)
        calls = {
            "credentials/list": self.list,
            "credentials/info": self.info,
            "credentials/sendOTP" if self.version == 1 else "credentials/getChallenge": (
                self.send_code
            ),
            "credentials/authorize": self.authorize,
            "signatures/signHash": self.sign_hash,
        }
        said = await calls[call](asked)
        if call == self.cuts and request.transport is not None:
            request.transport.abort()
        return web.json_response(said)


def problem(code: str) -> web.HTTPBadRequest:
    return web.HTTPBadRequest(text=json.dumps({"error": code}), content_type="application/json")


async def faulty(how: str) -> web.StreamResponse:
    if how == "hang":
        await asyncio.Event().wait()
    if how == "500":
        return web.json_response({"error": "server_error"}, status=500)
    if how == "object":
        return web.json_response({"error": {"code": "invalid_otp"}}, status=400)
    if how == "deep":
        return web.Response(body=b"[" * 60_000)
    if how == "endless":
        return web.Response(body=b"[" * 200_000)
    return web.Response(text="<h1>hello</h1>" if how == "html" else "[]")


@asynccontextmanager
async def served(service: FakeService) -> AsyncIterator[FakeService]:
    application = web.Application()
    application.router.add_post(f"/csc/v{service.version}/{{call:.+}}", service.handle)
    runner = web.AppRunner(application, shutdown_timeout=0.1)
    await runner.setup()
    await web.TCPSite(runner, "127.0.0.1", 0).start()
    service.url = f"http://127.0.0.1:{runner.addresses[0][1]}"
    yield service
    await runner.cleanup()
