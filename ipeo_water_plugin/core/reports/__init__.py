"""Reports, each one web page that opens offline: their statements, figures and pictures."""
