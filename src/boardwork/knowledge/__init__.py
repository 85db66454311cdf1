"""Facts -> what a strong engineer says about a model: equations with its numbers, trade-offs, symbols."""

from boardwork.knowledge.story import Story, tell

__all__ = ["Story", "tell"]
