"""Airflow, liquid cooling and power of a data hall, solved together."""

__version__ = "0.1.0"
