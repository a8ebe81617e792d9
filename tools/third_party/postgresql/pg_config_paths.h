// Copyright 2026 The siphon Authors
// SPDX-License-Identifier: Apache-2.0

#ifndef SIPHON_POSTGRESQL_PG_CONFIG_PATHS_H
#define SIPHON_POSTGRESQL_PG_CONFIG_PATHS_H

// The directories of an installed PostgreSQL. siphon installs none, so only SYSCONFDIR matters:
// libpq reads the system-wide pg_service.conf there, as on Debian (PGSYSCONFDIR overrides it).
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
