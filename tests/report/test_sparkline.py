"""A line of blocks: what is high is drawn high, what does not count is hollow, a step is an edge."""

from __future__ import annotations

from harness.report.sparkline import sparkline


def drawn(values: list[float | None], width: int = 20, unused: tuple[int, ...] = ()) -> str:
    return sparkline(values, set(range(len(values))) - set(unused), (), width)


def test_the_lowest_and_the_highest_take_the_whole_height() -> None:
    assert drawn([1.0, 2.0, 4.0]) == "▁▅█"


def test_a_small_change_is_drawn_small() -> None:
    assert set(drawn([1.0, 1.001, 0.999])) <= {"▄", "▅"}


def test_points_that_do_not_count_are_hollow_and_change_no_scale() -> None:
    assert drawn([1.0, 1e9, 2.0], unused=(1,)) == "▁○█"
    assert drawn([1.0, None, 2.0]) == "▁ █"


def test_steps_are_edges() -> None:
    assert sparkline([1.0, 1.0, 2.0], {0, 1, 2}, {2}, 20) == "▁▁│█"


def test_many_points_share_blocks() -> None:
    assert drawn([1.0] * 50 + [2.0] * 50, width=10) == "▁▁▁▁▁█████"
    assert drawn([]) == ""
