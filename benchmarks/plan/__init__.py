"""Forecasts of `hpacells plan`, beside what then happens."""
