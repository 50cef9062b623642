"""API keys in a file, by the commands that people use."""

import json

from process import run


class KeyFile:
    def __init__(self, path):
        self.path = path

    def command(self, *arguments):
        return run("keys", *arguments, "--api-keys", self.path)

    def add(self, name, *options):
        result = self.command("add", name, *options)
        assert result.returncode == 0, result.stderr
        return result.stdout.strip()

    def list(self):
        return {key["name"]: key for key in json.loads(self.command("list", "--json").stdout)}
