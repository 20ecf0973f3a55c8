"""How fast, and how large: what `flic bench` measures, beside something that the product is held against."""
