"""Everything that may differ between places, in one frozen object.

From `counter.toml` (or the file named by COUNTER_SETTINGS) and the environment (`COUNTER_…`),
over defaults that serve one machine.  All mistakes are reported at once, also names that are no
setting; the values of secrets are not.
"""
