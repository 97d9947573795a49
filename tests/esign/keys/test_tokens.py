"""Keys on a token: its PIN, its sessions, what is looked up in them."""

from typing import Any

import pytest
from pkcs11.exceptions import PinLocked

from counter.esign import keys_pkcs11
from counter.esign.key_ports import Pkcs11Key
from counter.esign.keys_pkcs11 import HardwareKey
from counter.esign.signing_refusals import KeyUnavailable, KeyUnusable, PinRefused
from tests.esign.key_rings import PIN as TOKEN_PIN
from tests.esign.key_rings import SOFTHSM, Ring
from tests.esign.keys.key_holders import DIGEST, hardware_key, require_signature


async def test_a_pin_that_was_refused_is_not_tried_again(
    rings: dict[str, Ring], token: str
) -> None:
    key = hardware_key(rings["ec"], pin="0000")
    with pytest.raises(PinRefused, match="PinIncorrect"):
        await key.certificates()
    with pytest.raises(KeyUnusable, match="was refused"):
        await key.sign(DIGEST, "ecdsa_sha256")
    with pytest.raises(KeyUnusable, match="was refused"):
        await hardware_key(rings["rsa"], pin="0000").certificates()
    good = hardware_key(rings["ec"])
    require_signature(rings["ec"], await good.sign(DIGEST, "ecdsa_sha256"), DIGEST)
    good.close()


async def test_a_pin_that_the_token_has_locked_is_said_in_its_own_words_and_tried_once(
    rings: dict[str, Ring], token: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    tried = []

    def locked(of: Any, pin: str) -> Any:
        tried.append(pin)
        raise PinLocked  # SoftHSM2 itself never locks

    monkeypatch.setattr(keys_pkcs11, "_session_on", locked)
    key = hardware_key(rings["ec"], pin="9999")
    for _ in range(3):
        with pytest.raises(PinRefused) as refused:
            await key.sign(DIGEST, "ecdsa_sha256")
        assert "9999" not in str(refused.value)
    assert len(tried) == 1


async def test_a_session_that_is_lost_twice_is_not_opened_a_third_time(
    rings: dict[str, Ring], token: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    opened, session_on = [], keys_pkcs11._session_on

    def lost(of: Any, pin: str) -> Any:
        session = session_on(of, pin)
        opened.append(session)
        session.close()
        return session

    key = hardware_key(rings["ec"])
    await key.sign(DIGEST, "ecdsa_sha256")
    key._session.close()
    monkeypatch.setattr(keys_pkcs11, "_session_on", lost)
    with pytest.raises(KeyUnavailable):
        await key.sign(DIGEST, "ecdsa_sha256")
    assert len(opened) == 1


async def test_a_lost_session_is_opened_once_more(rings: dict[str, Ring], token: str) -> None:
    key = hardware_key(rings["ec"])
    await key.sign(DIGEST, "ecdsa_sha256")
    key._session.close()
    require_signature(rings["ec"], await key.sign(DIGEST, "ecdsa_sha256"), DIGEST)
    key.close()


async def test_a_key_is_looked_up_once_in_a_session(
    rings: dict[str, Ring], token: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    looked, session_on = [], keys_pkcs11._session_on

    class Watched:
        def __init__(self, session: Any) -> None:
            self.close = session.close
            self._session = session

        def get_key(self, **wanted: Any) -> Any:
            looked.append(wanted["label"])
            return self._session.get_key(**wanted)

    monkeypatch.setattr(keys_pkcs11, "_session_on", lambda of, pin: Watched(session_on(of, pin)))
    key = hardware_key(rings["ec"])
    for _ in range(3):
        require_signature(rings["ec"], await key.sign(DIGEST, "ecdsa_sha256"), DIGEST)
    assert looked == ["ec"]
    key._session.close()
    require_signature(rings["ec"], await key.sign(DIGEST, "ecdsa_sha256"), DIGEST)
    assert looked == ["ec", "ec"], "what was looked up belongs to the session that was lost"
    key.close()


async def test_two_keys_of_one_token_sign_in_turn(rings: dict[str, Ring], token: str) -> None:
    keys = {kind: hardware_key(one) for kind, one in rings.items()}
    for _ in range(2):
        for kind, key in keys.items():
            value = await key.sign(DIGEST, rings[kind].mechanism)
            require_signature(rings[kind], value, DIGEST)
        keys["ec"].close()
    keys["rsa"].close()


async def test_a_token_or_label_that_is_not_there_is_said(
    rings: dict[str, Ring], token: str
) -> None:
    nobody = hardware_key(rings["ec"], label="nobody")
    with pytest.raises(KeyUnusable, match="0 certificates"):
        await nobody.certificates()
    nobody.close()
    source = Pkcs11Key(library=SOFTHSM, token="nowhere", label="ec", pin=TOKEN_PIN)
    with pytest.raises(KeyUnavailable):
        await HardwareKey(source).certificates()
