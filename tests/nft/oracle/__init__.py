"""The kernel as an oracle: real packets through random rule sets."""
