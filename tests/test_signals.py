"""Signals become an exception, and only while they should."""

from __future__ import annotations

import os
import signal
import threading

import pytest

from automask.errors import Interrupted
from automask.signals import signals_raise


@pytest.mark.parametrize(("number", "code"), [(signal.SIGINT, 130), (signal.SIGTERM, 143)])
def test_a_signal_raises_with_its_exit_code(number: signal.Signals, code: int) -> None:
    def wait_in_vain() -> None:
        with signals_raise():
            os.kill(os.getpid(), number)
            signal.pause()

    with pytest.raises(Interrupted) as stopped:
        wait_in_vain()
    assert stopped.value.exit_code == code


def test_the_handlers_of_before_are_set_again() -> None:
    before = signal.getsignal(signal.SIGTERM)
    with signals_raise():
        assert signal.getsignal(signal.SIGTERM) is not before
    assert signal.getsignal(signal.SIGTERM) is before


def test_in_another_thread_signals_stay_the_callers_affair() -> None:
    entered = []

    def work() -> None:
        with signals_raise():
            entered.append(True)

    thread = threading.Thread(target=work)
    thread.start()
    thread.join()
    assert entered == [True]
