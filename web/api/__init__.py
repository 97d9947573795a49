"""The booking API: what the citizen's pages do, for the programs of others, as JSON."""
