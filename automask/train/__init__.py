"""Training a segmenter of one's own, a student, on the masks of a run. The extra `train`."""
