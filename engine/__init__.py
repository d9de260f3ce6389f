"""What a campaign is: its spec, loop, ledger, model, signals, gains and report."""
