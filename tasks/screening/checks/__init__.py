"""One check a file: from facts about tasks to findings."""
