"""The only truth about a campaign: record kinds, their file, and the state that they add up to."""
