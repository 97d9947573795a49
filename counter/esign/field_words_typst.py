"""What Typst writes into the fields of signatures, by the names that its templates use."""

from datetime import datetime, timedelta, timezone

from asn1crypto import x509

from counter.esign.ticket import CertificateAct, CertificateChain, WitnessAct

LOCAL_TIME = timezone(timedelta(hours=8), "+08:00")
"Macau and Hengqin, all year."


def witness_words(
    act: WitnessAct, width_pt: float, height_pt: float
) -> dict[str, str | float | bool]:
    local = act.at.astimezone(LOCAL_TIME)
    return {
        "region": act.region,
        "width_pt": round(width_pt, 2),
        "height_pt": round(height_pt, 2),
        "agent_name": act.witness.name,
        "agent_number": act.witness.agent_id,
        "level": act.witness.level,
        "case_number": act.case_number,
        "handwritten": act.handwritten,
        "witnessed_at": f"{local:%Y-%m-%d %H:%M:%S} {local.tzname()}",
    }


def certificate_words(
    act: CertificateAct, chain: CertificateChain, width_pt: float, height_pt: float
) -> dict[str, str | float]:
    local = act.at.astimezone(LOCAL_TIME)
    return {
        "region": act.region,
        "width_pt": round(width_pt, 2),
        "height_pt": round(height_pt, 2),
        "name": act.name,
        "number": f"{x509.Certificate.load(chain.certificate).serial_number:x}",
        "signed_at": f"{local:%Y-%m-%d %H:%M:%S} {local.tzname()}",
    }


def seal_words(
    region: str, data: dict[str, str], now: datetime, width_pt: float, height_pt: float
) -> dict[str, str | float]:
    local = now.astimezone(LOCAL_TIME)
    return {
        "region": region,
        "width_pt": round(width_pt, 2),
        "height_pt": round(height_pt, 2),
        "department_name": data["department_name"],
        "case_number": data["case_number"],
        "sealed_at": f"{local:%Y-%m-%d %H:%M:%S} {local.tzname()}",
    }
