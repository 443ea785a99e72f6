"""A backup's file: closed to others, exactly two members, and nothing believed that its manifest does not say."""

import io
import json
import stat
import tarfile
from dataclasses import asdict

import pytest

from hausmeister.console import archive
from hausmeister.console.archive import BadArchive, Manifest


@pytest.fixture
def copy(tmp_path):
    path = tmp_path / "copy"
    path.write_bytes(b"SQLite format 3\x00" + b"x" * 5000)
    return path


@pytest.fixture
def manifest(copy):
    return Manifest(
        version="0.1.0", made_at="2026-11-24T02:00:00+00:00", database="sqlite", size_bytes=copy.stat().st_size,
        sha256=archive.sha256_of(copy), migrations={"team": "0001_initial"},
    )  # fmt: skip


@pytest.fixture
def folder(tmp_path):
    path = tmp_path / "out"
    path.mkdir()
    return path


def pack(path, members):
    """Write a tar of (name, content or TarInfo)."""
    with tarfile.open(path, "w:gz") as tar:
        for name, content in members:
            if isinstance(content, tarfile.TarInfo):
                tar.addfile(content)
                continue
            member = tarfile.TarInfo(name)
            member.size = len(content)
            tar.addfile(member, io.BytesIO(content))
    return path


def test_what_is_written_is_read_back_and_closed_to_others(tmp_path, copy, manifest, folder):
    target = tmp_path / "backup.tar.gz"
    archive.write(target, manifest, copy)
    assert stat.S_IMODE(target.stat().st_mode) == 0o600
    assert not list(tmp_path.glob("*.partial"))
    read, database = archive.read(target, folder)
    assert read == manifest
    assert database.read_bytes() == copy.read_bytes()


def test_nothing_is_overwritten(tmp_path, copy, manifest):
    target = tmp_path / "there"
    target.write_text("precious")
    with pytest.raises(FileExistsError):
        archive.write(target, manifest, copy)
    assert target.read_text() == "precious"


def link(name):
    member = tarfile.TarInfo(name)
    member.type, member.linkname = tarfile.SYMTYPE, "/etc/passwd"
    return member


@pytest.mark.parametrize(
    ("members", "says"),
    [
        ([], "no manifest"),
        ([("manifest.json", b"{")], "manifest of this backup cannot be read"),
        ([("manifest.json", b"[]")], "manifest of this backup cannot be read"),
        ([("manifest.json", b"[" * 60_000)], "manifest of this backup cannot be read"),
        ([("manifest.json", b'{"database": []}')], "manifest of this backup cannot be read"),
        (["manifest"], "does not hold exactly"),
        (["manifest", ("database.sqlite3", b"other")], "damaged"),
        (["manifest", ("database.sqlite3", link("database.sqlite3"))], "no ordinary file"),
        (["manifest", "copy", ("../../etc/cron.d/x", b"evil")], "does not hold exactly"),
        (["manifest", "copy", ("secret-key", b"k" * 64)], "does not hold exactly"),
        (["manifest", "copy", ("/etc/passwd", link("/etc/passwd"))], "does not hold exactly"),
    ],
)
def test_an_archive_that_holds_anything_else_is_refused_s55(tmp_path, copy, manifest, folder, members, says):
    known = {
        "manifest": ("manifest.json", json.dumps(asdict(manifest)).encode()),
        "copy": ("database.sqlite3", copy.read_bytes()),
    }
    source = pack(tmp_path / "odd.tar.gz", [known[one] if isinstance(one, str) else one for one in members])
    with pytest.raises(BadArchive, match=says):
        archive.read(source, folder)
    assert not (tmp_path / "etc").exists()


@pytest.mark.parametrize("changed", [{"product": "other"}, {"format": 2}, {"database": "oracle"}])
def test_a_manifest_of_something_else_is_refused(tmp_path, copy, manifest, folder, changed):
    text = json.dumps({**asdict(manifest), **changed}).encode()
    source = pack(tmp_path / "x", [("manifest.json", text), ("database.sqlite3", copy.read_bytes())])
    with pytest.raises(BadArchive, match="this version reads hausmeister in format 1"):
        archive.read(source, folder)


@pytest.mark.parametrize("content", [b"", b"no tar at all", b"\x1f\x8b" + b"x" * 100])
def test_a_file_that_is_no_archive_is_refused(tmp_path, folder, content):
    source = tmp_path / "x"
    source.write_bytes(content)
    with pytest.raises(BadArchive, match="cannot be read as a backup"):
        archive.read(source, folder)


@pytest.mark.parametrize("field", ["version", "made_at", "database", "size_bytes", "sha256", "migrations", "format"])
def test_a_manifest_with_a_field_of_another_shape_is_refused_in_words(tmp_path, copy, manifest, folder, field):
    text = json.dumps({**asdict(manifest), field: [{}]}).encode()
    source = pack(tmp_path / "x", [("manifest.json", text), ("database.sqlite3", copy.read_bytes())])
    with pytest.raises(BadArchive, match="cannot be read"):
        archive.read(source, folder)


def test_an_archive_with_a_spoilt_byte_anywhere_is_refused_in_words(tmp_path, copy, manifest, folder):
    copy.write_bytes(bytes(range(256)) * 400)
    manifest = Manifest(**{**asdict(manifest), "size_bytes": copy.stat().st_size, "sha256": archive.sha256_of(copy)})
    whole, spoilt = tmp_path / "whole", tmp_path / "spoilt"
    archive.write(whole, manifest, copy)
    content = whole.read_bytes()
    refused = 0
    for place in range(20, len(content) - 8, 7):
        spoilt.write_bytes(content[:place] + bytes([content[place] ^ 0x55]) + content[place + 1 :])
        try:
            assert archive.read(spoilt, folder)[0] == manifest
        except BadArchive:
            refused += 1
    assert refused > 20


def test_an_archive_that_was_cut_off_is_refused(tmp_path, copy, manifest, folder):
    copy.write_bytes(bytes(range(256)) * 4000)
    manifest = Manifest(**{**asdict(manifest), "size_bytes": copy.stat().st_size, "sha256": archive.sha256_of(copy)})
    whole, cut = tmp_path / "whole", tmp_path / "cut"
    archive.write(whole, manifest, copy)
    cut.write_bytes(whole.read_bytes()[: whole.stat().st_size // 2])
    with pytest.raises(BadArchive):
        archive.read(cut, folder)
