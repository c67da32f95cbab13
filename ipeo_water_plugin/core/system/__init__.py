"""What the rest stands on: files, threads, and addresses without their secrets."""
