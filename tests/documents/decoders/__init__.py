"""Processes that stand in for the decoder, for `AdmitProcesses`."""
