"""What a page is drawn with: marks in points, the style of a role, wires, frames, themes, the hand-drawn look."""
