"""Segment Anything: checkpoints, models, mask generators. The only place that imports torch."""
