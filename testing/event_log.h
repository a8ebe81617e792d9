// Copyright 2026 The siphon Authors
// SPDX-License-Identifier: Apache-2.0

#ifndef TESTING_EVENT_LOG_H_
#define TESTING_EVENT_LOG_H_

#include <mutex>
#include <string>
#include <vector>

#include "siphon/base/event.h"

namespace siphon::testing {

// An event sink that keeps every event.
class EventLog : public base::EventSink {
 public:
  void Emit(const base::Event& event) override {
    const std::lock_guard lock(mutex_);
    events_.push_back(event);
  }
  std::vector<base::Event> events() const {
    const std::lock_guard lock(mutex_);
    return events_;
  }
  // The texts of the events of one kind.
  std::vector<std::string> Texts(base::Event::Kind kind) const {
    std::vector<std::string> texts;
    for (const base::Event& event : events()) {
      if (event.kind == kind) texts.push_back(event.message);
    }
    return texts;
  }
  std::vector<std::string> Messages() const { return Texts(base::Event::Kind::kMessage); }
  std::vector<std::string> Details() const { return Texts(base::Event::Kind::kDetail); }
  std::vector<std::string> Warnings() const { return Texts(base::Event::Kind::kWarning); }

 private:
  mutable std::mutex mutex_;
  std::vector<base::Event> events_;
};

}  // namespace siphon::testing

#endif  // TESTING_EVENT_LOG_H_
