"""The documents of a convention: its text and annexes, délibérations, templates, signed sheets."""
