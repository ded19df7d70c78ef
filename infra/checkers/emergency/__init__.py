"""What must hold of emergency on what really happened: E01-E09 and what they rest on, judged by a naive model of the facts."""
