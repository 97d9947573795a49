"""Scanned pages: asked for, found in a photograph, judged, kept by digest, shown on both sides."""
