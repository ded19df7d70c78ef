"""The page of dependencies is whole and names the versions that are pinned."""

import re
import tomllib

from infra.stack.home import PROJECT_ROOT
from infra.stack.kafka.jars import POM

PAGE = (PROJECT_ROOT / "infra" / "docs" / "dependencies.md").read_text()


def test_every_direct_dependency_has_a_row() -> None:
    described = tomllib.loads((PROJECT_ROOT / "pyproject.toml").read_text())
    project = described["project"]
    asked = [*project["dependencies"], *described["build-system"]["requires"]]
    for extra in project["optional-dependencies"].values():
        asked += extra
    names = {re.split(r"[^A-Za-z0-9_.-]", requirement)[0] for requirement in asked}
    rows = set(re.findall(r"^\| ([a-z0-9-]+) \|", PAGE, re.MULTILINE))

    assert len(names) > 10
    assert names - rows == set()


def test_the_jars_and_plugins_of_the_pom_are_on_the_page_with_their_versions() -> None:
    pom = POM.read_text()
    properties = dict(re.findall(r"<([a-z0-9]+\.version)>([^<]+)<", pom))
    triples = re.findall(r"<artifactId>([^<]+)</artifactId>\s*<version>([^<]+)</version>", pom)
    pinned = {artifact: properties.get(version.strip("${}"), version) for artifact, version in triples if artifact != "local-kafka"}

    assert len(pinned) == 3
    for artifact, version in pinned.items():
        assert f":{artifact} {version} " in PAGE
