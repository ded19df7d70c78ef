"""Emergency in the simulator."""
