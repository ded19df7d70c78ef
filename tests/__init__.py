"""The proof: mirrors the code."""
