"""Dovecot, a mail server that none of us wrote: IMAP on loopback, letters laid into its Maildir.

It runs without any rights: as the account that runs the tests, or as `nobody` where that is root.
"""

import email.message
import mailbox
import os
import pwd
import shutil
import socket
import subprocess
import tempfile
import time
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from datetime import datetime
from pathlib import Path

from tests.counterparts import registry

USER, PASSWORD = "ops", "canary-p4ss"
UP_WITHIN_S = 20.0
_CERTIFICATE = Path(__file__).parent.parent / "certificates" / "localhost.pem"

CONFIG = """
base_dir = {folder}/run
state_dir = {folder}/state
log_path = {folder}/log.txt
default_internal_user = {account}
default_internal_group = {group}
default_login_user = {account}
protocols = imap
listen = 127.0.0.1
ssl = yes
ssl_cert = <{folder}/server.pem
ssl_key = <{folder}/server.pem
disable_plaintext_auth = no
auth_mechanisms = plain login
# letters that lie there are seen at once, and a wrong password is refused at once
mail_location = maildir:{folder}/mail
auth_failure_delay = 0
first_valid_uid = 1
first_valid_gid = 1
passdb {{
  driver = static
  args = password={password}
}}
userdb {{
  driver = static
  args = uid={uid} gid={gid} home={folder}/home
}}
service anvil {{
  chroot =
}}
service imap-login {{
  chroot =
  inet_listener imap {{
    port = {imap}
  }}
  inet_listener imaps {{
    port = {imaps}
    ssl = yes
  }}
}}
service stats {{
  chroot =
}}
"""


@dataclass
class MailServer:
    """A running Dovecot with one folder."""

    folder: Path
    imap: int
    imaps: int
    uid: int
    gid: int
    _program: "subprocess.Popen[bytes] | None" = None

    @property
    def maildir(self) -> mailbox.Maildir:
        return mailbox.Maildir(self.folder / "mail", create=True)

    def deliver(self, letter: email.message.Message | bytes, *, at: datetime) -> str:
        """Lay a letter into the folder as a mail server would, at a moment; return its key."""
        box = self.maildir
        key = str(box.add(letter))
        (path,) = (self.folder / "mail").glob(f"*/{key}*")
        os.utime(path, (at.timestamp(), at.timestamp()))
        self._own()
        return key

    def remove(self, key: str) -> None:
        self.maildir.remove(key)

    def renumber(self) -> None:
        """Forget the folder's numbers, as after a restore from a backup."""
        for one in (self.folder / "mail").glob("dovecot*"):
            one.unlink()

    def _own(self) -> None:
        if os.geteuid() == 0:
            for one in (self.folder, *self.folder.rglob("*")):
                os.chown(one, self.uid, self.gid)

    def start(self) -> None:
        command = [str(registry.found("dovecot")), "-F", "-c", str(self.folder / "dovecot.conf")]
        as_whom = {"user": self.uid, "group": self.gid, "extra_groups": []} if os.geteuid() == 0 else {}
        with (self.folder / "out.txt").open("wb") as out:
            self._program = subprocess.Popen(command, stdout=out, stderr=out, cwd=self.folder, **as_whom)  # type: ignore[call-overload]
        end = time.monotonic() + UP_WITHIN_S
        while time.monotonic() < end:
            assert self._program.poll() is None, self.told()
            try:
                with socket.create_connection(("127.0.0.1", self.imap), 1.0) as line:
                    line.settimeout(2.0)
                    if line.recv(4) == b"* OK":
                        return
            except OSError:
                pass
            time.sleep(0.05)
        raise AssertionError(f"Dovecot did not start: {self.told()}")

    def stop(self) -> None:
        if self._program is not None:
            self._program.terminate()
            self._program.wait(20)
            self._program = None

    def told(self) -> str:
        files = [self.folder / "out.txt", self.folder / "log.txt"]
        return "\n".join(one.read_text(errors="replace")[-2000:] for one in files if one.exists())


@contextmanager
def mail_server() -> Iterator[MailServer]:
    """Run a Dovecot until the block ends."""
    account = pwd.getpwnam("nobody") if os.geteuid() == 0 else pwd.getpwuid(os.geteuid())
    # not below pytest's own folder: that is closed to everybody but its owner
    folder = Path(tempfile.mkdtemp(prefix="dovecot-"))
    with socket.create_server(("127.0.0.1", 0)) as one, socket.create_server(("127.0.0.1", 0)) as other:
        ports = one.getsockname()[1], other.getsockname()[1]
    server = MailServer(folder, *ports, account.pw_uid, account.pw_gid)
    try:
        for name in ("run", "state", "home"):
            (folder / name).mkdir()
        shutil.copyfile(_CERTIFICATE, folder / "server.pem")
        group = _group(account.pw_gid)
        (folder / "dovecot.conf").write_text(
            CONFIG.format(
                folder=folder, account=account.pw_name, group=group, password=PASSWORD, uid=account.pw_uid,
                gid=account.pw_gid, imap=ports[0], imaps=ports[1],
            )
        )  # fmt: skip
        assert server.maildir is not None
        server._own()
        server.start()
        yield server
    finally:
        server.stop()
        shutil.rmtree(folder, ignore_errors=True)


def _group(gid: int) -> str:
    import grp

    return grp.getgrgid(gid).gr_name
