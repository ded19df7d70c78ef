"""Where the time of a press goes, from stamps of one press."""

import os
import time

import pytest

from infra.bench.http_load import Answer
from infra.bench.press_stages import Stamps, readings, share_of

HEAD = b"HTTP/1.1 200 OK\r\ncontent-length: 2\r\nServer-Timing: log;dur=3.5, decision;dur=6.25, total;dur=11.000\r\n\r\n"


def test_the_stages_of_a_press_add_up() -> None:
    sent_ms = time.time() * 1000 - 12
    press = Stamps(sent_ms)
    press.decided({"time": "2026-11-22T09:00:00.004+08:00"}, 1_795_309_200_009)
    press.answered(Answer(200, b"{}", HEAD))
    stages = press.stages()
    assert list(stages.values())[1:3] == [pytest.approx(1.25), pytest.approx(3.5)]
    assert stages["in the log to decided"] == pytest.approx(5)
    gateway_ms = sum(value for name, value in stages.items() if name.startswith("gateway"))
    assert stages["HTTP there and back"] + gateway_ms == pytest.approx(stages["sent to answered with the decision"])
    rows = readings([press, press], "alone")
    assert len(rows) == 2 * len(stages)
    assert {row.unit for row in rows} == {"ms"}


def test_the_kernel_counts_what_a_process_runs() -> None:
    before = share_of(os.getpid())
    begun_s = time.process_time()
    while time.process_time() - begun_s < 0.2:
        pass
    ran, waited = share_of(os.getpid()).since(before, "this test", 2, "alone")
    assert ran.value >= 95
    assert waited.value >= 0
