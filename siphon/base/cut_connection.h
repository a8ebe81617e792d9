// Copyright 2026 The siphon Authors
// SPDX-License-Identifier: Apache-2.0

#ifndef SIPHON_BASE_CUT_CONNECTION_H_
#define SIPHON_BASE_CUT_CONNECTION_H_

namespace siphon::base {

// Ends the connection of a stream socket at once, in both directions: the peer's reads and writes
// fail, those that wait included, and so do the own ones, on every thread. What was received and
// not yet read is lost. The descriptor stays open. Does nothing for -1.
//
// shutdown() alone leaves a TCP peer waiting for a minute and more if it has data to send and the
// receiver's buffer was full: Linux tells the peer of no free space any more once reading is shut
// down, however much is read.
void CutConnection(int socket);

}  // namespace siphon::base

#endif  // SIPHON_BASE_CUT_CONNECTION_H_
