"""Only names the fixture modules, loads the hypothesis profile and closes the network."""

from hypothesis import settings

from tests.fixtures import network

# A module comes after those it imports, so that pytest can rewrite the assertions of each.
pytest_plugins = [
    "tests.fixtures.clock",
    "tests.fixtures.programs",
    "tests.fixtures.samples",
    "tests.fixtures.servers",
    "tests.fixtures.redis",
    "tests.fixtures.objects",
    "tests.fixtures.database",
    "tests.fixtures.product",
    "tests.fixtures.command",
    "tests.fixtures.serving",
    "tests.fixtures.strike",
    "tests.fixtures.browser",
    "tests.fixtures.orthanc",
    "tests.fixtures.left_out",
]

settings.register_profile("ci", deadline=None, derandomize=True, database=None, max_examples=100)
settings.register_profile("wide", deadline=None, max_examples=5_000)
settings.load_profile("ci")

network.close()
