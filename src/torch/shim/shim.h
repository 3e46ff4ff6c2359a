// What every file of the shim shares: the border to Rust, and when a CPU loop of ours may run.
//
// The border: a function returns null when all went well, else a message that Rust frees with
// vt_free. No exception passes it. Tensors cross it as pointers to at::Tensor, as in tch; a result
// is a new at::Tensor that Rust then owns.
#pragma once

#include <ATen/ATen.h>
#include <ATen/Parallel.h>
#include <torch/csrc/autograd/custom_function.h>

#include <cstring>
#include <exception>
#include <string>

namespace vt {

using at::Tensor;
using torch::autograd::AutogradContext;
using torch::autograd::variable_list;
using OptionalTensor = std::optional<Tensor>;

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

inline Tensor* give(Tensor t) { return new Tensor(std::move(t)); }
inline OptionalTensor maybe(const Tensor* t) { return t == nullptr ? OptionalTensor() : OptionalTensor(*t); }
inline std::vector<Tensor> list(Tensor* const* items, int64_t count) {
  std::vector<Tensor> out;
  out.reserve(count);
  for (int64_t i = 0; i < count; ++i) out.push_back(*items[i]);
  return out;
}

// Whether our own loops may walk this tensor: f32, on the CPU, row after row.
inline bool plain_f32(const Tensor& t) {
  return t.device().is_cpu() && t.scalar_type() == at::kFloat && t.is_contiguous();
}

}  // namespace vt
