"""A labelled corpus of what answers a telephone, synthesised from a seed: nobody was recorded."""
