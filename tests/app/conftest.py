"""What the tests of several rooms' meeting share: the house of links to papers."""

from tests.app.later_house import agent, client, house, person

__all__ = ["agent", "client", "house", "person"]
