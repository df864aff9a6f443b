"""Validation cases: ours beside a published reference, with a limit for the difference."""

from rehall.validation.outcome import Outcome, Profile, Row, worst
from rehall.validation.reference import read_reference

__all__ = ["Outcome", "Profile", "Row", "read_reference", "worst"]
