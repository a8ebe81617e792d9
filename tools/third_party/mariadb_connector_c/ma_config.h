// Copyright 2026 The siphon Authors
// SPDX-License-Identifier: Apache-2.0

// What CMake would write from include/ma_config.h.in for Linux with glibc on a 64-bit machine.

#define HAVE_ALLOCA_H 1
#define HAVE_FCNTL_H 1
#define HAVE_FLOAT_H 1
#define HAVE_LIMITS_H 1
#define HAVE_LINUX_LIMITS_H 1
#define HAVE_PWD_H 1
#define HAVE_STDDEF_H 1
#define HAVE_STDINT_H 1
#define HAVE_STDLIB_H 1
#define HAVE_STRING_H 1
#define HAVE_SYS_IOCTL_H 1
#define HAVE_SYS_SELECT_H 1
#define HAVE_SYS_SOCKET_H 1
#define HAVE_SYS_STAT_H 1
#define HAVE_SYS_TYPES_H 1
#define HAVE_SYS_UN_H 1
#define HAVE_UNISTD_H 1

#define HAVE_GETPWUID 1
#define HAVE_MEMCPY 1
#define HAVE_POLL 1
#define HAVE_STRTOK_R 1
#define HAVE_STRTOL 1
#define HAVE_STRTOLL 1
#define HAVE_STRTOUL 1
#define HAVE_STRTOULL 1
#define HAVE_VASPRINTF 1
#define HAVE_VSNPRINTF 1

#define SIZEOF_CHARP 8
#define HAVE_CHARP 1
#define SIZEOF_INT 4
#define HAVE_INT 1
#define SIZEOF_LONG 8
#define HAVE_LONG 1
#define SIZEOF_LONG_LONG 8
#define HAVE_LONG_LONG 1
#define SIZEOF_SIZE_T 8
#define HAVE_SIZE_T 1
#define SIZEOF_SOCKLEN_T 4
#define HAVE_SOCKLEN_T 1
#define SOCKET_SIZE_TYPE socklen_t

#define LOCAL_INFILE_MODE_OFF 0
#define LOCAL_INFILE_MODE_ON 1
#define LOCAL_INFILE_MODE_AUTO 2
// A server must not be able to ask for this machine's files.
#define ENABLED_LOCAL_INFILE LOCAL_INFILE_MODE_OFF

#define MARIADB_DEFAULT_CHARSET "utf8mb4"
