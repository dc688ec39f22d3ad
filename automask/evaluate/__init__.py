"""`automask eval`: how good a folder of masks is, against true masks, whoever made them."""
