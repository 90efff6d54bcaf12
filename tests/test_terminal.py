"""The terminal that tests look at: what it says of a command, and what it finds wrong."""

from __future__ import annotations

from pathlib import Path

from tests.terminal import Terminal


def test_a_screen_is_what_a_person_would_see(tmp_path: Path) -> None:
    with Terminal(columns=40, rows=5) as terminal:
        assert terminal.run(["printf", r"\033[31mred\033[0m é×█\n"], cwd=tmp_path) == 0
        assert terminal.screen() == ["red é×█"]
        assert terminal.screen(escapes=True)[0].startswith("\x1b[31mred")

        assert terminal.run(["printf", r"\033]0;a title\007"], cwd=tmp_path) == 0
        assert terminal.title == "a title"

        assert terminal.run(["sh", "-c", "seq 9; exit 7"], cwd=tmp_path) == 7
        assert terminal.screen() == ["6", "7", "8", "9"]  # the cursor is below
        assert terminal.text(history=True).split() == list("123456789")

        assert terminal.run(["sh", "-c", "kill -9 $$"], cwd=tmp_path) == 137


def test_a_line_that_is_too_long_is_found(tmp_path: Path) -> None:
    with Terminal(columns=40, rows=5) as terminal:
        terminal.run(["printf", "%40s|\n%40s\n", "1", "2"], cwd=tmp_path)
        assert [line.split() for line in terminal.wrapped()] == [["1|"]]


def test_a_command_is_watched_resized_and_interrupted(tmp_path: Path) -> None:
    script = "trap 'stty size' WINCH; stty size; while :; do sleep 0.05; done"
    with Terminal(columns=40, rows=5) as terminal:
        terminal.start(["sh", "-c", script], cwd=tmp_path)
        terminal.wait_for(lambda screen: "5 40" in screen)
        terminal.resize(100, 30)
        terminal.wait_for(lambda screen: "30 100" in screen)
        terminal.keys("C-c")
        assert terminal.wait() == 130
