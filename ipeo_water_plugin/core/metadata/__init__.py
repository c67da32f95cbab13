"""What names, descriptions and tags say of an image: its sensor, its bands and its date."""
