"""What earlier campaigns found out: kept by the features of tasks, and told to later campaigns."""
