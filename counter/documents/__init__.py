"""Scanned pages: asked for, found in a photograph, judged, kept by digest, shown on both sides.

Which shelf to look on:

- a photograph becomes a page: `page`, `service`, `scan_opencv/`; while it lies there: `preview`
- on its way from a terminal's program: `capture`, `capture_service`
- noticed afterwards: `sameness`, `codes`, `mrz`, `originals`; marks on a sheet: `marks`
- files of strangers: `sniff`, `admit`, `admit_service`
- papers from home: `advance` before the trip, `later` after the visit
- which papers are wanted and there: `checklist`
- handed on: `bundle`, `folder`, `handover`, `job`, `printing`
"""
