"""Which files lie behind a path."""

import os
from pathlib import Path

from collector.receive.files.pieces import Unreadable
from collector.receive.files.walk import files


def tree(root: Path, *names: str) -> None:
    for name in names:
        path = root / name
        path.parent.mkdir(parents=True, exist_ok=True)
        path.mkdir() if name.endswith("/") else path.write_bytes(b"x")


def below(root: Path, *paths: Path) -> list[str]:
    return [
        f"! {Path(file.where).relative_to(root)}: {file.why}"
        if isinstance(file, Unreadable)
        else str(file.relative_to(root))
        for file in files(paths or (root,))
    ]


def test_a_folder_is_read_to_its_depths_in_order(tmp_path: Path) -> None:
    tree(tmp_path, "b/2.json", "b/10.json", "b/a/1.eml", "c", "a.zip", "empty/")
    assert below(tmp_path) == ["a.zip", "b/10.json", "b/2.json", "b/a/1.eml", "c"]


def test_paths_are_read_in_the_order_given(tmp_path: Path) -> None:
    tree(tmp_path, "a", "b/1", "c")
    assert below(tmp_path, tmp_path / "c", tmp_path / "b", tmp_path / "a", tmp_path / "b" / "1") == [
        "c", "b/1", "a", "b/1",
    ]  # fmt: skip


def test_hidden_names_and_what_is_no_file_are_left_out(tmp_path: Path) -> None:
    tree(tmp_path, ".DS_Store", ".git/config", "a")
    os.mkfifo(tmp_path / "pipe")
    assert below(tmp_path) == ["a"]
    # Named on the command line, such a path is meant.
    assert below(tmp_path, tmp_path / ".git", tmp_path / "pipe") == [".git/config", "pipe"]


def test_links_are_followed_and_come_to_an_end(tmp_path: Path) -> None:
    tree(tmp_path, "a/1", "b/2", "c")
    (tmp_path / "a" / "up").symlink_to(tmp_path)
    (tmp_path / "a" / "self").symlink_to("self")
    (tmp_path / "a" / "b").symlink_to(tmp_path / "b")  # reached twice, read once
    (tmp_path / "d").symlink_to(tmp_path / "c")
    assert below(tmp_path) == ["a/1", "a/b/2", "! a/self: a link that leads nowhere", "c", "d"]


def test_of_a_maildir_its_mails(tmp_path: Path) -> None:
    tree(
        tmp_path,
        "cur/1:2,S", "new/2", "tmp/3", "dovecot-uidlist", "cur/.hidden",
        ".Archive/cur/4:2,", ".Archive/new/", ".Archive/tmp/5", ".Archive/maildirfolder",
        "Sent/cur/6", "Sent/new/7", "other/8",
    )  # fmt: skip
    assert below(tmp_path) == ["cur/1:2,S", "new/2", ".Archive/cur/4:2,", "Sent/cur/6", "Sent/new/7"]


def test_a_maildir_in_a_folder_and_one_whose_empty_folders_were_not_copied(tmp_path: Path) -> None:
    tree(tmp_path, "a/cur/1", "a/tmp/2", "b/new/3", "c/cur/4")
    assert below(tmp_path) == ["a/cur/1", "b/new/3", "c/cur/4"]


def test_a_folder_that_cannot_be_read_is_told(tmp_path: Path) -> None:
    gone = tmp_path / "gone"
    gone.mkdir()
    paths = files([tmp_path / "gone", tmp_path])
    gone.rmdir()
    # It was there when the command line was checked. Then it is opened as the file it might be by now.
    assert next(paths) == gone
