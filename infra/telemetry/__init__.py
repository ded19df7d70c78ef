"""What ops see: every metric in one place, and the server that shows them."""
