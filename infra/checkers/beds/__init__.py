"""What is checked of beds; written from the contract, the rules B-R1..B-R10 and the facts' own documentation."""
