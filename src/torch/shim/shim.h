// What every file of the shim shares: the border to Rust, and when a CPU loop of ours may run.
//
// The border: a function returns null when all went well, else a message that Rust frees with
// vt_free. No exception passes it. Tensors cross it as pointers to at::Tensor, as in tch; a result
// is a new at::Tensor that Rust then owns.
//
// The letters of shapes, here and in src/torch: T tokens of a packed sequence, d width of the
// model, H query heads, G key/value heads (H a multiple of G), E size of a head, f feed-forward, V
// vocabulary, K domains.
#pragma once

#include <ATen/ATen.h>
#include <ATen/Parallel.h>
#include <ATen/core/grad_mode.h>

#include "trace.h"

#include <cstring>
#include <exception>
#include <string>

namespace vt {

using at::Tensor;
using Tensors = std::vector<Tensor>;

inline char* message(const std::string& text) { return strdup(text.empty() ? "unknown error" : text.c_str()); }

// Runs `body` and turns what it throws into a message.
template <typename Body>
char* guarded(Body&& body) {
  try {
    body();
    return nullptr;
  } catch (const c10::Error& e) {
    return message(e.what_without_backtrace());
  } catch (const std::exception& e) {
    return message(e.what());
  } catch (...) {
    return message("unknown C++ exception");
  }
}

// The same outside of autograd: what the crate differentiates it differentiates by hand.
template <typename Body>
char* without_graph(Body&& body) {
  return guarded([&] {
    at::NoGradGuard no_grad;
    body();
  });
}

inline Tensor* give(Tensor t) { return new Tensor(std::move(t)); }
// Fills Rust's slots one after the other; that of an undefined tensor stays null.
inline void give_all(Tensor** slots, const Tensors& tensors) {
  for (size_t i = 0; i < tensors.size(); ++i) {
    if (tensors[i].defined()) slots[i] = give(tensors[i]);
  }
}
// A copy on a device. From the CPU to a GPU it goes through pinned memory, and nothing waits for it.
inline Tensor upload(const Tensor& t, at::Device device) {
  if (!t.is_cpu() || !device.is_cuda()) return t.to(device);
  return t.pin_memory().to(t.options().device(device), /*non_blocking=*/true);
}

inline Tensor maybe(const Tensor* t) { return t == nullptr ? Tensor() : *t; }
// A null pointer becomes an undefined tensor.
inline Tensors list(Tensor* const* items, int64_t count) {
  Tensors out;
  out.reserve(count);
  for (int64_t i = 0; i < count; ++i) out.push_back(maybe(items[i]));
  return out;
}

// Whether our own loops may walk this tensor: f32, on the CPU, row after row.
inline bool plain_f32(const Tensor& t) {
  return on_cpu(t) && t.scalar_type() == at::kFloat && t.is_contiguous();
}

// Runs `body` over parts of [0, n), unless `of` has shapes alone.
template <typename Body>
void parallel(const Tensor& of, int64_t n, int64_t grain, Body&& body) {
  if (!of.is_meta()) at::parallel_for(0, n, grain, std::forward<Body>(body));
}

}  // namespace vt
