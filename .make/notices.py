"""The notices of the crates in the binary: .make/notices.py FILE.

Crates come from `cargo metadata`: those that are linked in, not those of tests and build scripts. Texts
are the licence files of each crate as it is published; equal ones are written once.
"""

import collections
import json
import os
import pathlib
import subprocess
import sys

TARGET = "x86_64-unknown-linux-gnu"
NAMES = ("licen", "copying", "notice", "copyright", "unlicense")


def metadata():
    command = ["cargo", "metadata", "--locked", "--format-version", "1", "--filter-platform", TARGET]
    return json.loads(subprocess.run(command, check=True, stdout=subprocess.PIPE).stdout)


def linked(data):
    """The packages that the program is made of, itself left out, by name and version."""
    nodes = {node["id"]: node for node in data["resolve"]["nodes"]}
    packages = {package["id"]: package for package in data["packages"]}
    root = data["resolve"]["root"]
    seen, waiting = {root}, [root]
    while waiting:
        for dependency in nodes[waiting.pop()]["deps"]:
            is_normal = any(kind["kind"] is None for kind in dependency["dep_kinds"])
            if is_normal and dependency["pkg"] not in seen:
                seen.add(dependency["pkg"])
                waiting.append(dependency["pkg"])
    found = [packages[id] for id in seen - {root}]
    return sorted(found, key=lambda package: (package["name"], package["version"]))


def texts(package):
    """The licence files of a crate."""
    folder = pathlib.Path(package["manifest_path"]).parent
    files = sorted(path for path in folder.iterdir() if path.name.lower().startswith(NAMES))
    read = [path.read_text(errors="replace").strip() for path in files if path.is_file()]
    return [text for text in read if text]


def main(file):
    packages = linked(metadata())
    by_text, without = collections.OrderedDict(), []
    for package in packages:
        label = f"{package['name']} {package['version']} ({package['license'] or 'see its file'})"
        found = texts(package)
        if not found:
            without.append(f"{label}, {package['repository'] or 'no repository named'}")
        for text in found:
            by_text.setdefault(text, []).append(label)
    out = ["VersaTune contains these works of others.", ""]
    if without:
        out += ["Published without a file of their licence, under the one named here:", ""]
        out += [f"  {label}" for label in without] + [""]
    for text, labels in by_text.items():
        out += ["=" * 80, ""] + [f"  {label}" for label in labels] + ["", text, ""]
    path = pathlib.Path(file)
    path.parent.mkdir(parents=True, exist_ok=True)
    # Whole or not at all: a release with half its notices would look complete.
    scratch = path.with_suffix(".part")
    scratch.write_text("\n".join(out) + "\n")
    os.replace(scratch, path)
    print(f"{path}: {len(packages)} crates, {len(by_text)} texts, {len(without)} without one")


main(sys.argv[1])
