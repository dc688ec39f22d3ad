"""Two people do not hold one image; a lease ends by itself."""

from __future__ import annotations

from pathlib import Path

from automask.review.leases import Leases


class Clock:
    now = 1000.0

    def __call__(self) -> float:
        return self.now


def test_the_second_is_told_who_has_it(tmp_path: Path) -> None:
    leases = Leases(tmp_path)
    assert leases.take("aa", "one", "Ada").client == "one"
    held = Leases(tmp_path).take("aa", "two", "Bob")  # another server
    assert (held.client, held.reviewer) == ("one", "Ada")
    assert leases.take("bb", "two", "Bob").client == "two"
    assert {name: lease.reviewer for name, lease in leases.held().items()} == {
        "aa": "Ada",
        "bb": "Bob",
    }


def test_a_lease_ends_unless_it_is_renewed(tmp_path: Path) -> None:
    clock = Clock()
    leases = Leases(tmp_path, clock)
    leases.take("aa", "one", "Ada")
    clock.now += 59
    leases.take("aa", "one", "Ada")
    clock.now += 59
    assert leases.take("aa", "two", "Bob").client == "one"
    clock.now += 2
    assert leases.take("aa", "two", "Bob").client == "two"


def test_only_the_holder_gives_it_back(tmp_path: Path) -> None:
    leases = Leases(tmp_path)
    leases.take("aa", "one", "Ada")
    leases.give_back("aa", "two")
    assert leases.holder("aa") is not None
    leases.give_back("aa", "one")
    assert leases.holder("aa") is None


def test_a_torn_lease_holds_nobody_away(tmp_path: Path) -> None:
    leases = Leases(tmp_path)
    leases.take("aa", "one", "Ada")
    (tmp_path / "decisions" / "leases" / "aa.json").write_text('{"client": "o')
    assert leases.take("aa", "two", "Bob").client == "two"
