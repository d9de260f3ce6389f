"""What a campaign is: its spec, what comes next, and the loop that does it."""
