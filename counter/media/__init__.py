"""The media plane: two legs of a call, joined by forwarding encoded packets, decoded nowhere."""
