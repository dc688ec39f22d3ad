"""A run is told of a signal and ends in its own time; anything else is interrupted at once."""

from __future__ import annotations

import os
import signal
import threading

import pytest

from automask.errors import Interrupted
from automask.system.signals import listen_for_signals

CODES = [(signal.SIGINT, 130), (signal.SIGUSR1, 138), (signal.SIGTERM, 143)]


@pytest.mark.parametrize(("number", "code"), CODES)
def test_a_signal_raises_with_its_exit_code(number: signal.Signals, code: int) -> None:
    def wait_in_vain() -> None:
        with listen_for_signals():
            os.kill(os.getpid(), number)
            signal.pause()

    with pytest.raises(Interrupted) as stopped:
        wait_in_vain()
    assert stopped.value.exit_code == code


@pytest.mark.parametrize(("number", "code"), CODES)
def test_a_run_in_progress_is_woken_instead(number: signal.Signals, code: int) -> None:
    woken = []
    with listen_for_signals() as stop, stop.calling(lambda: woken.append(True)):
        os.kill(os.getpid(), number)
        assert stop.is_wanted
    assert woken == [True]
    with pytest.raises(Interrupted) as stopped:
        stop.raise_if_wanted()
    assert stopped.value.exit_code == code


def test_a_second_ctrl_c_raises_although_the_run_was_told() -> None:
    with listen_for_signals() as stop, stop.calling(lambda: None):
        os.kill(os.getpid(), signal.SIGINT)
        with pytest.raises(Interrupted):
            os.kill(os.getpid(), signal.SIGINT)


def test_a_batch_system_that_repeats_itself_is_not_in_a_hurry() -> None:
    with listen_for_signals() as stop, stop.calling(lambda: None):
        os.kill(os.getpid(), signal.SIGUSR1)
        os.kill(os.getpid(), signal.SIGTERM)
    assert stop.exit_code == 138  # of the first one


def test_without_a_signal_nothing_is_wanted() -> None:
    with listen_for_signals() as stop:
        stop.raise_if_wanted()
    assert not stop.is_wanted


def test_the_handlers_of_before_are_set_again() -> None:
    before = signal.getsignal(signal.SIGTERM)
    with listen_for_signals():
        assert signal.getsignal(signal.SIGTERM) is not before
    assert signal.getsignal(signal.SIGTERM) is before


def test_in_another_thread_signals_stay_the_callers_affair() -> None:
    entered = []

    def work() -> None:
        with listen_for_signals():
            entered.append(True)

    thread = threading.Thread(target=work)
    thread.start()
    thread.join()
    assert entered == [True]
