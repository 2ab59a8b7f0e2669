#!/usr/bin/python3
# SPDX-License-Identifier: Apache-2.0
"""./dev installs redis-server and nats-server without leaving them running. Everything that would touch the machine
is a stand-in that notes how it was called."""
import os
import pathlib
import shutil
import subprocess
import tempfile
import unittest

from processes import PATIENCE, ROOT

NOTE = '#!/bin/sh\necho "${0##*/} $* RUNLEVEL=${RUNLEVEL-none}" >>"$NOTES"\n'


class Installing(unittest.TestCase):
    def setUp(self):
        self.folder = pathlib.Path(self.enterContext(tempfile.TemporaryDirectory()))
        (self.folder / "tools").mkdir()
        shutil.copy(ROOT / "dev", self.folder)
        for file in (ROOT / "tools").iterdir():
            if file.is_file():
                shutil.copy(file, self.folder / "tools")
        self.stubs = self.folder / "stubs"
        self.stubs.mkdir()
        for name in ("apt-get", "systemctl", "update-rc.d"):
            self.stub(name, NOTE)
        self.stub("sudo", '#!/bin/sh\nexec "$@"\n')
        self.stub("cmake", "#!/bin/sh\nexit 1\n")  # what comes after installing

    def stub(self, name, text):
        (self.stubs / name).write_text(text)
        (self.stubs / name).chmod(0o755)

    def calls(self, missing):
        """What `./dev bench` does where the packages `missing` are not installed."""
        self.stub("dpkg-query", f'#!/bin/sh\nfor name; do :; done\ncase " {" ".join(missing)} " in\n'
                  '*" $name "*) exit 1 ;;\nesac\nprintf installed\n')
        notes = self.folder / "notes"
        notes.write_text("")
        environment = {**os.environ, "PATH": f"{self.stubs}:{os.environ['PATH']}", "NOTES": str(notes)}
        environment.pop("RUNLEVEL", None)
        done = subprocess.run([str(self.folder / "dev"), "bench", "fanout-1"], env=environment,
                              stdin=subprocess.DEVNULL, stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True,
                              timeout=PATIENCE, check=False)
        self.assertIn("cmake could not configure", done.stderr)
        return notes.read_text().splitlines()

    def test_what_is_installed_is_not_started(self):
        calls = self.calls(["redis-server", "nats-server"])
        (install,) = [call for call in calls if call.startswith("apt-get install")]
        self.assertRegex(install, "redis-server nats-server RUNLEVEL=1$")
        for call in calls:
            if not call.startswith("apt-get"):
                self.assertRegex(call, r"^(systemctl disable --now|update-rc\.d \S+ disable)")

    def test_what_was_there_is_left_alone(self):
        calls = self.calls(["libnats-dev"])
        self.assertEqual([call.split()[:2] for call in calls], [["apt-get", "update"], ["apt-get", "install"]])
        calls = self.calls(["nats-server"])
        self.assertFalse([call for call in calls if "redis-server" in call], calls)

    def test_nothing_to_install_touches_nothing(self):
        self.assertEqual(self.calls([]), [])

    def test_other_packages_may_start_what_they_like(self):
        (install,) = [call for call in self.calls(["curl"]) if call.startswith("apt-get install")]
        self.assertRegex(install, "curl RUNLEVEL=none$")


if __name__ == "__main__":
    unittest.main(verbosity=2)
