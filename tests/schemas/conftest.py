"""Property tests run on shared machines: no example is failed for being slow once."""

from hypothesis import HealthCheck, settings

settings.register_profile("laoxiao", deadline=None, suppress_health_check=[HealthCheck.too_slow])
settings.load_profile("laoxiao")
