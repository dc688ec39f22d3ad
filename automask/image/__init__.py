"""The way of one image: scan, load, choose, refine, trimap, write. No stage imports another."""
