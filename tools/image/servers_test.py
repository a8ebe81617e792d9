#!/usr/bin/env python3
# Copyright 2026 The siphon Authors
# SPDX-License-Identifier: Apache-2.0
"""siphon backs up, verifies and restores databases of servers from a locked container, over TLS
whose certificate and host name it verifies.

usage: servers_test.py DOCKER INDEX

INDEX is the list of the machine's test servers (tools/servers). The servers run as nobody.
"""

import json
import os
import shutil
import socket
import subprocess
import sys
import time
import unittest

sys.path.insert(0, os.path.dirname(os.path.abspath(__file__)))
from engine import USER, EngineTest, run  # pylint: disable=wrong-import-position

NOBODY = 65534
PASSWORD = "correct horse"


def as_nobody():
    """Before the exec of a server: servers refuse to run as root."""
    os.setgroups([])
    os.setgid(NOBODY)
    os.setuid(NOBODY)


def free_port():
    """A port that nobody listens on now."""
    with socket.socket() as one:
        one.bind(("127.0.0.1", 0))
        return one.getsockname()[1]


class ServersTest(EngineTest):
    docker = servers = None

    def setUp(self):
        super().setUp()
        os.chmod(self.folder, 0o755)
        self.image = self.load(self.docker)
        for name in ("data", "home", "tls"):
            os.mkdir(self.path(name))
        os.chown(self.path("data"), USER, 0)
        for arguments in (
            "req -x509 -newkey rsa:2048 -nodes -days 2 -subj /CN=ca -keyout ca.key -out ca.pem",
            "req -newkey rsa:2048 -nodes -subj /CN=server -keyout server.key -out server.csr",
        ):
            run("openssl", *arguments.split(), cwd=self.path("tls"), stdin=None)
        with open(self.path("tls/names"), "w", encoding="utf-8") as file:
            file.write("subjectAltName=DNS:localhost\n")
        sign = "x509 -req -in server.csr -CA ca.pem -CAkey ca.key -days 2 -extfile names"
        run("openssl", *sign.split(), "-out", "server.pem", cwd=self.path("tls"))
        os.chmod(self.path("tls/server.key"), 0o600)
        for name in ("home", "tls", "tls/server.key"):
            os.chown(self.path(name), NOBODY, NOBODY)
        with open(self.path("password"), "w", encoding="utf-8") as file:
            file.write(PASSWORD + "\n")

    def server(self, *command):
        """Starts a server, which ends with the test."""
        log = open(self.path("server.log"), "wb")
        self.addCleanup(log.close)
        process = subprocess.Popen(
            command, cwd=self.path("home"), stdout=log, stderr=log, preexec_fn=as_nobody
        )

        def stop():
            process.terminate()
            process.wait()

        self.addCleanup(stop)

    def session(self, engine, user, port):
        """Backs up the database db_from, verifies the dump and restores it into db_to."""
        text = "version: 1\nprofiles:\n"
        for name in ("from", "to"):
            text += (
                "  %s:\n    driver: %s\n    host: localhost\n    port: %d\n    user: %s\n"
                "    password: file:/password\n    database: db_%s\n"
                "    sslmode: verify-full\n    sslrootcert: /ca.pem\n"
                % (name, engine, port, user, name)
            )
        with open(self.path("config.yaml"), "w", encoding="utf-8") as file:
            file.write(text)
        options = [
            "--volume=%s:/var/lib/siphon" % self.path("data"),
            "--volume=%s:/etc/siphon/config.yaml:ro" % self.path("config.yaml"),
            "--volume=%s:/password:ro" % self.path("password"),
            "--volume=%s:/ca.pem:ro" % self.path("tls/ca.pem"),
        ]
        for attempt in range(100):
            try:
                self.siphon(self.image, "profile", "test", "from", options=options)
                break
            except AssertionError:
                if attempt == 20:
                    raise
                time.sleep(1)
        migrations = self.path("migrations")
        os.mkdir(migrations)
        with open(os.path.join(migrations, "1_t.up.sql"), "w", encoding="utf-8") as file:
            file.write("CREATE TABLE t(a int);\nINSERT INTO t VALUES (1), (2);\n")
        migrate = ["migrate", "--path", "/migrations", "--database", "from", "up"]
        mounted = options + ["--volume=%s:/migrations:ro" % migrations]
        self.siphon(self.image, *migrate, options=mounted)
        dump = self.siphon(self.image, "backup", "from", options=options).strip()
        deep = self.siphon(self.image, "verify", dump, "--deep", options=options)
        self.assertIn("is intact", deep)
        self.siphon(self.image, "restore", dump, "--profile", "to", options=options)
        shown = self.siphon(self.image, "inspect", "to", "--exact", options=options)
        self.assertRegex(shown, r"(?m)^(?:public\.)?t +2 ")
        # A name that the certificate does not have is refused.
        with open(self.path("config.yaml"), "w", encoding="utf-8") as file:
            file.write(text.replace("host: localhost", "host: 127.0.0.1"))
        self.siphon(self.image, "profile", "test", "from", options=options, status=2)

    def test_postgresql_over_verified_tls(self):
        programs, data = self.servers["postgresql-18"]["bin"], self.path("home/data")
        shutil.copy(self.path("password"), self.path("home/password"))
        os.chown(self.path("home/password"), NOBODY, NOBODY)
        run(
            os.path.join(programs, "initdb"),
            "--pgdata=" + data,
            "--username=postgres",
            "--auth=scram-sha-256",
            "--pwfile=" + self.path("home/password"),
            "--no-sync",
            preexec_fn=as_nobody,
            cwd=self.path("home"),
        )
        with open(os.path.join(data, "pg_hba.conf"), "w", encoding="utf-8") as file:
            file.write("hostssl all all all scram-sha-256\n")
        for name in ("db_from", "db_to"):
            subprocess.run(
                [os.path.join(programs, "postgres"), "--single", "-D", data, "postgres"],
                input=("CREATE DATABASE %s\n" % name).encode(),
                stdout=subprocess.DEVNULL,
                stderr=subprocess.DEVNULL,
                preexec_fn=as_nobody,
                check=True,
            )
        port = free_port()
        self.server(
            *(os.path.join(programs, "postgres"), "-D", data, "-p", str(port)),
            *("-c", "listen_addresses=127.0.0.1", "-c", "unix_socket_directories="),
            *("-c", "ssl=on", "-c", "ssl_cert_file=" + self.path("tls/server.pem")),
            *("-c", "ssl_key_file=" + self.path("tls/server.key"))
        )
        self.session("postgres", "postgres", port)

    def test_mariadb_over_verified_tls(self):
        programs, data = self.servers["mariadb-11.8"]["bin"], self.path("home/data")
        root = os.path.join(os.path.dirname(programs), "root/usr")
        share = os.path.join(root, "share/mariadb")
        os.mkdir(data)
        os.chown(data, NOBODY, NOBODY)
        command = [
            os.path.join(programs, "mariadbd"),
            "--no-defaults",
            "--basedir=" + root,
            "--lc-messages-dir=" + share,
            "--character-sets-dir=" + share + "/charsets",
            "--datadir=" + data,
            "--tmpdir=" + self.path("home"),
        ]
        script = "CREATE DATABASE mysql;\nUSE mysql;\nSET @auth_root_socket=NULL;\n"
        for part in ("system_tables.sql", "performance_tables.sql", "system_tables_data.sql"):
            with open("%s/mariadb_%s" % (share, part), encoding="utf-8") as file:
                script += file.read()
        script += "FLUSH PRIVILEGES;\nCREATE USER app@'%%' IDENTIFIED BY '%s';\n" % PASSWORD
        script += "GRANT ALL ON *.* TO app@'%' WITH GRANT OPTION;\n"
        script += "CREATE DATABASE db_from;\nCREATE DATABASE db_to;\n"
        subprocess.run(
            command + ["--bootstrap", "--log-warnings=0"],
            input=script.encode(),
            stdout=subprocess.DEVNULL,
            stderr=subprocess.DEVNULL,
            preexec_fn=as_nobody,
            check=True,
        )
        port = free_port()
        self.server(
            *command,
            *("--port=%d" % port, "--bind-address=127.0.0.1", "--skip-name-resolve"),
            *("--socket=" + self.path("home/socket"), "--require-secure-transport=ON"),
            *("--ssl-cert=" + self.path("tls/server.pem"),),
            *("--ssl-key=" + self.path("tls/server.key"),)
        )
        self.session("mariadb", "app", port)


if __name__ == "__main__":
    ServersTest.docker = sys.argv[1]
    with open(sys.argv[2], encoding="utf-8") as listing:
        ServersTest.servers = json.load(listing)
    del sys.argv[1:3]
    unittest.main()
