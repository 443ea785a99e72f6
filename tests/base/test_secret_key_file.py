"""The file that keeps the secret key, where its folder is not what it should be."""

import pytest

from hausmeister.base import env


def test_a_file_in_place_of_the_data_folder_is_said_in_words(tmp_path):
    place = tmp_path / "data"
    place.write_text("not a folder")
    with pytest.raises(env.BadSetting, match=r"data cannot be written \(it is a file\); set HAUSMEISTER_DATA"):
        env.kept_secret_keys(place / "secret-key")


def test_a_key_that_others_can_read_is_refused_with_the_command_that_mends_it(tmp_path):
    path = tmp_path / "secret-key"
    path.write_text("x" * 60)
    path.chmod(0o644)
    with pytest.raises(env.BadSetting, match="run: chmod 600"):
        env.kept_secret_keys(path)
