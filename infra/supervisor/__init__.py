"""Keeping the processes of one deployment on one machine alive: what `laoxiao up` and the fault tests run."""
