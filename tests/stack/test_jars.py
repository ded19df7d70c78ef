"""A machine that lacks something is told what and what to do."""

from pathlib import Path

import pytest

from infra.stack.errors import StackError, StackReason
from infra.stack.kafka.jars import fetch_jars, find_java, jars_directory, java_major


def _java(place: Path, version: str) -> Path:
    place.mkdir(parents=True)
    java = place / "java"
    java.write_text(f"#!/bin/sh\necho 'openjdk version \"{version}\" 2025-04-15' >&2\n")
    java.chmod(0o755)
    return java


def test_a_java_that_is_too_old_is_named_with_its_version_and_the_remedy(tmp_path: Path) -> None:
    with pytest.raises(StackError) as trouble:
        find_java([_java(tmp_path / "old", "11.0.2"), tmp_path / "absent" / "java"])

    assert trouble.value.reason is StackReason.JAVA_TOO_OLD
    assert "is Java 11" in trouble.value.detail
    assert "JAVA_HOME" in trouble.value.remedy


def test_no_java_at_all_is_named(tmp_path: Path) -> None:
    with pytest.raises(StackError) as trouble:
        find_java([tmp_path / "java"])

    assert trouble.value.reason is StackReason.JAVA_MISSING


def test_a_newer_java_further_down_is_found_behind_an_old_one(tmp_path: Path) -> None:
    old, new = _java(tmp_path / "old", "1.8.0_402"), _java(tmp_path / "new", "21.0.1")

    assert java_major(old) == 8
    assert find_java([old, new]) == new


def test_absent_jars_are_named_with_the_command_that_brings_them(tmp_path: Path) -> None:
    with pytest.raises(StackError) as trouble:
        jars_directory(tmp_path)

    assert trouble.value.reason is StackReason.KAFKA_JARS_MISSING
    assert "infra/dev/setup" in trouble.value.remedy


def test_a_jar_that_went_missing_after_the_fetch_is_noticed(tmp_path: Path) -> None:
    whole = jars_directory()
    version = whole.parent.name
    partial = tmp_path / "kafka" / version / "libs"
    partial.mkdir(parents=True)
    for file in sorted(whole.iterdir())[1:]:
        (partial / file.name).symlink_to(file)

    with pytest.raises(StackError) as trouble:
        jars_directory(tmp_path)

    assert trouble.value.reason is StackReason.KAFKA_JARS_MISSING


def test_absent_maven_is_named_with_how_to_install_it(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("PATH", str(tmp_path))

    with pytest.raises(StackError) as trouble:
        fetch_jars(tmp_path)

    assert trouble.value.reason is StackReason.MAVEN_MISSING
