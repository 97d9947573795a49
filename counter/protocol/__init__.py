"""The words that cross the wire: frozen, strict models, one file per topic."""
