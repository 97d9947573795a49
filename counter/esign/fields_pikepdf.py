"""Adds the empty signature fields to a drawn form, tagged, so that PDF/UA survives the signing.

Each field is a `Form` element of the structure tree with its own name for screen readers; the page
says that its tab order follows the structure.
Source: ISO 14289-1 (PDF/UA-1) 7.18; ISO 32000-1, 12.7.4.5 and 14.7.4.
"""

import io
from collections.abc import Mapping

import pikepdf
from pikepdf import Array, Dictionary, Name, Object, Pdf, String

from counter.esign.form_typst import Box, Drawn

PRINT = 4
"Annotation flag: the signature appears on paper too; PDF/A demands it."


def with_signature_fields(drawn: Drawn, labels: Mapping[str, str]) -> bytes:
    """The form with its empty signature fields, in the order of `labels`.

    labels: what a screen reader says, by name of the field.  One that has no box on the paper is
    not seen: it lies on the first page, without extent.
    """
    boxes = {box.name: box for box in drawn.boxes}
    with pikepdf.open(io.BytesIO(drawn.pdf)) as pdf:
        fields = Array(
            [_field(pdf, boxes.get(name) or _unseen(name), labels[name]) for name in labels]
        )
        pdf.Root.AcroForm = pdf.make_indirect(Dictionary(Fields=fields, SigFlags=1))
        result = io.BytesIO()
        pdf.save(
            result,
            linearize=False,
            object_stream_mode=pikepdf.ObjectStreamMode.preserve,
            deterministic_id=True,
        )
        return result.getvalue()


def _unseen(name: str) -> Box:
    return Box(name=name, page=1, x_pt=0, y_pt=0, width_pt=0, height_pt=0)


def _field(pdf: Pdf, box: Box, label: str) -> Object:
    page = pdf.pages[box.page - 1]
    _, bottom, _, top = (float(edge) for edge in page.mediabox)
    upper = top - bottom - box.y_pt
    corners = (box.x_pt, upper - box.height_pt, box.x_pt + box.width_pt, upper)
    blank = pdf.make_stream(b"")
    blank.Type, blank.Subtype = Name.XObject, Name.Form
    blank.BBox = Array([0, 0, round(box.width_pt, 2), round(box.height_pt, 2)])
    blank.Resources = Dictionary()
    widget = pdf.make_indirect(
        Dictionary(
            Type=Name.Annot,
            Subtype=Name.Widget,
            FT=Name.Sig,
            T=String(box.name),
            TU=String(label),
            Rect=Array([round(corner, 2) for corner in corners]),
            F=PRINT,
            P=page.obj,
            AP=Dictionary(N=blank),
        )
    )
    _tag(pdf, page, widget, label)
    if Name.Annots not in page.obj:
        page.obj.Annots = pdf.make_indirect(Array())
    page.obj.Annots.append(widget)
    page.obj.Tabs = Name.S
    return widget


def _tag(pdf: Pdf, page: pikepdf.Page, widget: Object, label: str) -> None:
    tree = pdf.Root.StructTreeRoot
    key = int(tree.ParentTreeNextKey)
    parent = tree.K[0] if isinstance(tree.K, Array) else tree.K
    element = pdf.make_indirect(
        Dictionary(
            Type=Name.StructElem,
            S=Name.Form,
            P=parent,
            Alt=String(label),
            K=Dictionary(Type=Name.OBJR, Obj=widget, Pg=page.obj),
        )
    )
    if not isinstance(parent.K, Array):
        parent.K = Array([parent.K])
    parent.K.append(element)
    widget.StructParent = key
    leaf = tree.ParentTree
    while Name.Kids in leaf:
        leaf = leaf.Kids[-1]
    leaf.Nums.append(key)
    leaf.Nums.append(element)
    if Name.Limits in leaf:
        leaf.Limits[1] = key
    tree.ParentTreeNextKey = key + 1
