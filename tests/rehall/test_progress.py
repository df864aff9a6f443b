"""Ctrl-C stops a run wherever it strikes."""

import subprocess
import sys

DROPPED = """
import gc, os, signal
from rehall.progress import interrupt_between_steps, remember_interrupts

def strike(phase, info):
    gc.callbacks.remove(strike)
    os.kill(os.getpid(), signal.SIGINT)
    for _ in range(10):
        pass

remember_interrupts()
gc.callbacks.append(strike)
gc.collect()
print("went on")
with interrupt_between_steps() as leave_if_asked:
    leave_if_asked()
    print("not stopped")
"""


def test_interrupt_that_a_garbage_collection_swallows_stops_at_the_next_step():
    done = subprocess.run([sys.executable, "-c", DROPPED], capture_output=True, text=True)
    assert done.stdout == "went on\n"
    assert "Exception ignored" not in done.stderr
    assert done.stderr.rstrip().endswith("KeyboardInterrupt")
