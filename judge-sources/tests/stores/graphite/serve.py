"""Serves Graphite at 127.0.0.1: serve.py FOLDER PORT. The folder's file `history` has lines of path, step, start and
values, `-` for a gap; they are written to whisper files first."""

import os
import sys
from wsgiref.simple_server import WSGIRequestHandler, make_server

import whisper

folder, port = sys.argv[1], int(sys.argv[2])
for line in open(os.path.join(folder, "history")):
    path, step, start, *values = line.split()
    step, start = int(step), int(start)
    name = os.path.join(folder, *path.split(".")) + ".wsp"
    os.makedirs(os.path.dirname(name), exist_ok=True)
    # Kept for a hundred years, but no longer than the file has room for.
    whisper.create(name, [(step, 200000)], sparse=True)
    points = [(start + i * step, float(v)) for i, v in enumerate(values) if v != "-"]
    whisper.update_many(name, points, now=start + len(values) * step)

with open(os.path.join(folder, "judge_settings.py"), "w") as settings:
    settings.write(f"""
SECRET_KEY = "test"
ALLOWED_HOSTS = ["*"]
STORAGE_DIR = WHISPER_DIR = LOG_DIR = CONF_DIR = {folder!r}
STANDARD_DIRS = [WHISPER_DIR]
INDEX_FILE = {folder!r} + "/index"
DATABASES = {{"default": {{"NAME": {folder!r} + "/db", "ENGINE": "django.db.backends.sqlite3"}}}}
CARBONLINK_HOSTS = []
CLUSTER_SERVERS = []
""")
os.environ["DJANGO_SETTINGS_MODULE"] = "graphite.settings"
os.environ["GRAPHITE_SETTINGS_MODULE"] = "judge_settings"
sys.path.insert(0, folder)

import django
from django.core.management import call_command
from django.core.wsgi import get_wsgi_application

django.setup()
call_command("migrate", run_syncdb=True, verbosity=0)


class Quiet(WSGIRequestHandler):
    def log_message(self, *_):
        pass


make_server("127.0.0.1", port, get_wsgi_application(), handler_class=Quiet).serve_forever()
