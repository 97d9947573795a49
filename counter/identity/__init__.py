"""Who is speaking: sessions of agents and terminals, and how one begins."""
