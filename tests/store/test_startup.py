"""The revisions that the program knows by the names of their files are those of Alembic."""

from pathlib import Path

from alembic.config import Config
from alembic.script import ScriptDirectory

from collector.store import migrations, startup


def test_revisions_are_told_by_their_files() -> None:
    config = Config()
    config.set_main_option("script_location", str(Path(migrations.__file__).parent))
    config.set_main_option("path_separator", "os")
    scripts = ScriptDirectory.from_config(config)
    [head] = scripts.get_heads()
    assert startup.head() == head
    oldest_first = [script.revision for script in reversed(list(scripts.walk_revisions()))]
    assert list(startup.revisions()) == oldest_first
    assert oldest_first == sorted(oldest_first)
