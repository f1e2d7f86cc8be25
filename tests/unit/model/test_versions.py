"""Versions of a fact: what was told decides, not when it arrived."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta
from itertools import pairwise

from hypothesis import given
from hypothesis import strategies as st

from genealogy.model.versions import Changes, Version, merge, replaced

T0 = datetime(2026, 1, 1, tzinfo=UTC)
NOW = T0 + timedelta(days=365)


def at(hours: int) -> datetime:
    return T0 + timedelta(hours=hours)


def told(hours: int | None, value: str, until: int | None = None) -> Version:
    return Version(
        None if hours is None else at(hours), None if until is None else at(until), (value,)
    )


def after(stored: list[Version], changes: Changes) -> list[Version]:
    kept = {v.recorded_at: v for v in stored}
    kept |= {v.recorded_at: v for v in (*changes.new, *changes.changed)}
    return sorted(kept.values(), key=lambda v: v.recorded_at or NOW)


def tell(stored: list[Version], *versions: Version) -> list[Version]:
    return after(stored, merge(stored, versions, NOW))


def believed(versions: list[Version], known_at: datetime) -> str | None:
    live = [
        v.values[0]
        for v in versions
        if v.recorded_at is not None
        and v.recorded_at <= known_at
        and (v.retracted_at is None or v.retracted_at > known_at)
    ]
    assert len(live) <= 1
    return live[0] if live else None


def overlaps(versions: list[Version]) -> list[tuple[Version, Version]]:
    """Versions believed at the same moment."""
    held = sorted((v for v in versions if v.recorded_at != v.retracted_at), key=begin)
    return [(a, b) for a, b in pairwise(held) if (a.retracted_at or NOW) > begin(b)]


def begin(version: Version) -> datetime:
    assert version.recorded_at is not None
    return version.recorded_at


def test_a_first_statement_is_stored_as_told() -> None:
    assert tell([], told(1, "a")) == [told(1, "a")]


def test_a_statement_without_record_time_counts_from_now() -> None:
    assert tell([], told(None, "a")) == [Version(NOW, None, ("a",))]


def test_repeating_a_statement_without_record_time_changes_nothing() -> None:
    stored = tell([], told(None, "a"))
    assert merge(stored, [told(None, "a")], NOW + timedelta(days=1)) == Changes((), ())


def test_a_correction_ends_the_version_before_it() -> None:
    assert tell([], told(1, "a"), told(5, "b")) == [told(1, "a", 5), told(5, "b")]


def test_a_correction_that_arrives_first_gives_the_same_versions() -> None:
    late_first = tell(tell([], told(5, "b")), told(1, "a"))
    assert late_first == tell([], told(1, "a"), told(5, "b"))


def test_a_withdrawn_statement_stays_known_until_it_was_withdrawn() -> None:
    versions = tell(tell([], told(1, "a")), told(1, "a", 9))
    assert believed(versions, at(8)) == "a"
    assert believed(versions, at(9)) is None


def test_a_withdrawal_without_record_time_is_of_the_version_that_held_then() -> None:
    stored = tell([], told(1, "a", until=5), told(8, "a"))
    assert believed(stored, at(20)) == "a"
    gone = tell(stored, told(None, "a", until=10))
    assert believed(gone, at(20)) is None
    assert believed(gone, at(9)) == "a"
    assert believed(gone, at(6)) is None
    assert tell(gone, told(None, "a", until=10)) == gone


def test_derived_versions_replace_what_no_longer_follows() -> None:
    stored = tell([], told(1, "open"), told(5, "closed"))
    versions = after(stored, replaced(stored, [told(1, "closed")], NOW))
    assert [believed(versions, at(h)) for h in (0, 1, 5, 9)] == [None, "closed", "closed", "closed"]


statements = st.lists(
    st.builds(
        told,
        st.integers(0, 9),
        st.sampled_from("abc"),
        st.one_of(st.none(), st.integers(10, 15)),
    ),
    max_size=8,
)


@given(statements, st.randoms(use_true_random=False))
def test_the_order_of_telling_changes_nothing(versions: list[Version], random: object) -> None:
    shuffled = list(versions)
    random.shuffle(shuffled)  # type: ignore[attr-defined]
    one_by_one: list[Version] = []
    for version in shuffled:
        one_by_one = tell(one_by_one, version)
    assert one_by_one == tell([], *versions)


@given(statements)
def test_telling_twice_changes_nothing(versions: list[Version]) -> None:
    stored = tell([], *versions)
    assert merge(stored, versions, NOW) == Changes((), ())


@given(statements)
def test_at_every_moment_at_most_one_version_is_believed(versions: list[Version]) -> None:
    assert overlaps(tell([], *versions)) == []
