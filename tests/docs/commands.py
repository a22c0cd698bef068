"""Scripts that stand for `curl`, `pursuit` and `make` in the shell blocks of the documentation."""

import sys
from pathlib import Path

from tests.support.serving import ROOT

CURL = '''
"""Replaces curl with the options that the documentation uses, and records the answers for the test."""

import argparse, json, os, pathlib, socket, sys, urllib.error, urllib.parse, urllib.request

parser = argparse.ArgumentParser(prog="curl", allow_abbrev=False)
for flag in ("-s", "-S", "-N", "-i", "-f", "-G"):
    parser.add_argument(flag, action="store_true")
parser.add_argument("-X")
parser.add_argument("-o")
parser.add_argument("-H", action="append", default=[])
parser.add_argument("-d", "--data", action="append", default=[])
parser.add_argument("--data-urlencode", action="append", default=[])
parser.add_argument("url")
given = parser.parse_args()

# Like curl, read a file or standard input, and join its lines.
files = {"@-": sys.stdin.read()} if "@-" in given.data else {}
files |= {one: pathlib.Path(one[1:]).read_text() for one in given.data if one.startswith("@") and one != "@-"}
parts = [files[one].replace("\\n", "") if one in files else one for one in given.data]
pairs = [one.partition("=") for one in given.data_urlencode]
parts += [f"{name}={urllib.parse.quote(value)}" for name, _, value in pairs]
body, url = "&".join(parts), given.url
if given.G:
    body, url = "", f"{url}?{body}"
headers = {name: value.strip() for name, _, value in (line.partition(":") for line in given.H)}
method = given.X or ("POST" if body else "GET")
request = urllib.request.Request(url, body.encode() or None, headers, method=method)
try:
    answer = urllib.request.urlopen(request, timeout=30)
except urllib.error.HTTPError as error:
    answer = error
if given.i:
    lines = (f"{name.lower()}: {value}" for name, value in answer.headers.items())
    print(f"HTTP/1.1 {answer.status}", *lines, "", sep="\\n")
if answer.headers.get_content_type() == "text/event-stream":
    # A stream has no end of its own: read up to the first answer, or for a moment if none comes.
    answer.fp.raw._sock.settimeout(2)
    text = ""
    try:
        while not text.startswith("data: {"):
            text = answer.readline().decode()
            print(text, end="")
    except (TimeoutError, socket.timeout):
        pass
else:
    text = answer.read().decode()
    pathlib.Path(given.o).write_text(text) if given.o else print(text, end="")
with open(os.environ["DOCS_ANSWERS"], "a") as notes:
    print(json.dumps({"status": answer.status, "text": text.removeprefix("data: ")}), file=notes)
sys.exit(22 if given.f and answer.status >= 400 else 0)
'''
PURSUIT = '''
"""Runs a command of Pursuit; a server has a database of its own, and is stopped as soon as it has started."""

import os, socket, subprocess, sys

command = [sys.executable, "-m", "api", *sys.argv[1:]]
if not {"serve", "worker"} & set(sys.argv[1:2]) or "--help" in sys.argv:
    os.execv(command[0], command)
with socket.socket() as probe:
    probe.bind(("127.0.0.1", 0))
    port = str(probe.getsockname()[1])
environ = {**os.environ, "PORT": port, "PURSUIT_DATABASE_URL": os.environ["DOCS_SPARE_DATABASE"]}
process = subprocess.Popen(command, stdout=subprocess.PIPE, env=environ, text=True)
line = process.stdout.readline()
print(line, end="")
process.terminate()
process.communicate(timeout=30)
sys.exit(0 if line.strip() else 1)
'''
MAKE = f'''
"""Checks that the targets of a `make` line exist: a dry run, for what they do is tested elsewhere."""

import os, sys

os.execv("/usr/bin/make", ["make", "--dry-run", "--silent", "-C", {str(ROOT)!r}, *sys.argv[1:]])
'''


def write_commands(folder: Path) -> None:
    """Write the programs into a folder that is searched first."""
    folder.mkdir()
    for name, text in {"curl": CURL, "pursuit": PURSUIT, "make": MAKE}.items():
        (folder / name).write_text(f"#!{sys.executable}{text}")
        (folder / name).chmod(0o755)
    for name in ("python", "python3"):
        (folder / name).symlink_to(sys.executable)
