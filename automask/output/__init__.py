"""What an output folder holds, and who may write there."""
