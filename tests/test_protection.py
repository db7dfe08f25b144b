"""The guard around the tests works."""

from __future__ import annotations

import os
import socket
from pathlib import Path

import keyring
import pytest
from keyring.errors import NoKeyringError


def test_the_home_directory_is_not_the_real_one(tmp_path_factory):
    assert Path.home().is_relative_to(tmp_path_factory.getbasetemp())
    assert str(Path.home()) == os.environ["HOME"]


def test_no_address_beyond_this_machine_is_reached():
    with pytest.raises(OSError, match="may not reach"), socket.socket() as one:
        one.connect(("192.0.2.1", 993))


def test_the_keyring_refuses():
    with pytest.raises(NoKeyringError):
        keyring.get_password("followup-assistant", "sue@imap.example.org")
