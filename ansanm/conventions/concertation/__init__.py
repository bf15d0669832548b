"""What residents and partners say, and the needs and priorities drawn from it."""
