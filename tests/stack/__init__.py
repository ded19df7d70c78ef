"""The local stack: what it promises, proved on real servers; and the fixtures that give real servers to every test."""
