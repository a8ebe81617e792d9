// Copyright 2026 The siphon Authors
// SPDX-License-Identifier: Apache-2.0

#ifndef SIPHON_POSTGRESQL_PG_CONFIG_PATHS_H
#define SIPHON_POSTGRESQL_PG_CONFIG_PATHS_H

// Where an installed PostgreSQL has its files. siphon installs none; what counts is
// SYSCONFDIR, libpq's folder of the system-wide pg_service.conf (PGSYSCONFDIR overrides it),
// which is Debian's.
#define PGBINDIR "/usr/bin"
#define PGSHAREDIR "/usr/share/postgresql"
#define SYSCONFDIR "/etc/postgresql-common"
#define INCLUDEDIR "/usr/include/postgresql"
#define PKGINCLUDEDIR "/usr/include/postgresql"
#define INCLUDEDIRSERVER "/usr/include/postgresql/server"
#define LIBDIR "/usr/lib"
#define PKGLIBDIR "/usr/lib/postgresql"
#define LOCALEDIR "/usr/share/locale"
#define DOCDIR "/usr/share/doc/postgresql"
#define HTMLDIR "/usr/share/doc/postgresql/html"
#define MANDIR "/usr/share/man"

#endif  // SIPHON_POSTGRESQL_PG_CONFIG_PATHS_H
