"""Ours against a named peer, in the same run, as ratios. Measures, never tests: `make bench`."""
