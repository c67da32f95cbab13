"""Self-contained HTML reports: their statements, charts and pictures."""
