"""The file a founder writes, `model.toml`: its form, its published JSON Schema, and what does not go together in it."""
