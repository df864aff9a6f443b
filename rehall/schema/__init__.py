"""The forms of a case file: one frozen pydantic model per section, values in SI units."""
