"""What a screen reader says at a signature field: part of the document, not of a face."""

from typing import Final

from counter.esign.forms import Language
from counter.esign.ticket import AGENT, CITIZEN, ORIGIN, SEAL

LABELS: Final[dict[Language, dict[str, str]]] = {
    "zh-Hant": {
        ORIGIN: "部門對表格的認證",
        CITIZEN: "申請人簽名",
        AGENT: "接待人員見證",
        SEAL: "部門電子印章",
    },
    "zh-Hans": {
        ORIGIN: "部门对表格的认证",
        CITIZEN: "申请人签名",
        AGENT: "接待人员见证",
        SEAL: "部门电子印章",
    },
    "pt": {
        ORIGIN: "Certificação do formulário pelo serviço",
        CITIZEN: "Assinatura do requerente",
        AGENT: "Testemunho do funcionário",
        SEAL: "Selo electrónico do serviço",
    },
    "en": {
        ORIGIN: "Certification of the form by the department",
        CITIZEN: "Applicant's signature",
        AGENT: "Witnessed by the agent",
        SEAL: "Electronic seal of the department",
    },
}
