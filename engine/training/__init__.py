"""Jobs, who does them, and how: data order, warm-up, branches."""
