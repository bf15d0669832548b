"""Bodies, meetings, minutes and decisions."""
