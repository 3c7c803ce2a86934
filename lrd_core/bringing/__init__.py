"""Embeddings that were computed elsewhere: read, measured and stored as the user's own."""
