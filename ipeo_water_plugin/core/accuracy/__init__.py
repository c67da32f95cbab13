"""How right a map is: scores, intervals, and areas estimated with them."""
