"""What must hold of childcare, checked on the raw logs: imports nothing of ours."""
