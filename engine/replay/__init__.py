"""Campaigns on recorded results: no model, no training, thousands of decisions a minute."""
