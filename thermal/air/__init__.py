"""Airflow and temperature of the hall on a staggered grid."""
