// Copyright 2026 The siphon Authors
// SPDX-License-Identifier: Apache-2.0

#ifndef SIPHON_BASE_AGE_SECRET_H_
#define SIPHON_BASE_AGE_SECRET_H_

#include <cstddef>
#include <cstdint>
#include <string>
#include <string_view>

namespace siphon::age {

// Secret bytes on memory pages of their own: wiped when they are freed, left out of core files, and
// locked into memory if the limit of the process (RLIMIT_MEMLOCK) allows that.
class Secret {
 public:
  Secret() = default;
  // `size` zero bytes.
  explicit Secret(size_t size);
  // A copy of `bytes`; the caller wipes the original.
  explicit Secret(std::string_view bytes);
  ~Secret();
  // Leaves `other` empty.
  Secret(Secret&& other) noexcept;
  Secret& operator=(Secret&& other) noexcept;
  Secret(const Secret&) = delete;
  Secret& operator=(const Secret&) = delete;

  size_t size() const { return size_; }
  bool empty() const { return size_ == 0; }
  char* data() { return data_; }
  uint8_t* bytes() { return reinterpret_cast<uint8_t*>(data_); }
  const uint8_t* bytes() const { return reinterpret_cast<const uint8_t*>(data_); }
  std::string_view view() const { return std::string_view(data_, size_); }
  Secret Clone() const { return Secret(view()); }
  // Wipes the bytes from `size` on, which must not be greater than size().
  void Shorten(size_t size);

 private:
  void Free();

  char* data_ = nullptr;
  size_t size_ = 0;
  size_t mapped_ = 0;  // Bytes of whole pages; 0: `data_` is on the heap.
};

// Overwrites the content of a string, its unused capacity included, and empties it.
void Wipe(std::string& text);

}  // namespace siphon::age

#endif  // SIPHON_BASE_AGE_SECRET_H_
