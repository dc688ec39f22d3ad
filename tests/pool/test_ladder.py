"""The ladder gives up one thing at a time, and never the resolution or the model."""

from __future__ import annotations

from automask.pool.crew import Crew
from automask.pool.ladder import Ladder, make_ladder


def way_down(ladder: Ladder) -> list[str]:
    """The words of each step, to the end."""
    while ladder.step_down(ladder.rung):
        pass
    return list(ladder.rung.steps)


def test_a_run_begins_with_nothing_given_up() -> None:
    rung = make_ladder("cpu", Crew(4, 2), 8).rung
    assert (rung.device, rung.processes, rung.at_once, rung.threads) == ("cpu", 4, 1, 2)
    assert (rung.batch_divisor, rung.steps) == (1, ())


def test_on_a_cpu_the_blocks_shrink_and_then_workers_go_one_by_one() -> None:
    assert way_down(make_ladder("cpu", Crew(3, 1), 4)) == [
        "point blocks of 1/2",
        "point blocks of 1/4",
        "2 workers instead of 3",
        "1 workers instead of 2",
    ]


def test_of_many_workers_one_in_eight_goes_at_a_time() -> None:
    steps = way_down(make_ladder("cpu", Crew(64, 1), 64))
    assert steps[2:4] == ["56 workers instead of 64", "49 workers instead of 56"]
    assert steps[-1] == "1 workers instead of 2"


def test_around_a_gpu_there_are_fewer_images_at_once_and_at_last_the_cpu() -> None:
    ladder = make_ladder("cuda:0", Crew(3, 2), 4)
    assert (ladder.rung.processes, ladder.rung.at_once) == (1, 3)
    assert way_down(ladder) == [
        "point blocks of 1/2",
        "point blocks of 1/4",
        "2 at once instead of 3",
        "1 at once instead of 2",
        "cpu instead of cuda:0",
        "point blocks of 1/2",
        "point blocks of 1/4",
        "1 workers instead of 2",
    ]


def test_on_the_cpu_after_a_gpu_the_blocks_are_whole_again() -> None:
    ladder = make_ladder("cuda:0", Crew(1, 2), 4)
    while ladder.rung.device != "cpu":
        assert ladder.step_down(ladder.rung)
    assert (ladder.rung.batch_divisor, ladder.rung.processes, ladder.rung.threads) == (1, 2, 2)


def test_two_workers_that_fail_on_the_same_rung_cost_one_step() -> None:
    ladder = make_ladder("cpu", Crew(2, 1), 2)
    first = ladder.rung
    assert ladder.step_down(first)
    assert ladder.step_down(first)
    assert ladder.rung.steps == ("point blocks of 1/2",)


def test_at_the_bottom_there_is_no_step() -> None:
    ladder = make_ladder("cpu", Crew(1, 1), 1)
    way_down(ladder)
    assert not ladder.step_down(ladder.rung)


def test_steps_that_did_not_help_are_taken_back() -> None:
    ladder = make_ladder("cpu", Crew(1, 1), 1)
    first = ladder.rung
    way_down(ladder)
    ladder.back_to(first)
    assert ladder.rung == first
