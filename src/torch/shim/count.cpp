// Operators on traced tensors are observed as a profiler does. Of operators that call others only those are counted
// that do the work; views and allocations do none.

#include "count.h"

#include "shim.h"

#include <ATen/core/function_schema.h>
#include <ATen/record_function.h>

#include <map>
#include <memory>
#include <sstream>
#include <string>
#include <vector>

namespace vt {

namespace {

struct Work {
  int64_t calls = 0;
  double flops = 0, bytes = 0;
};

struct Counting {
  at::CallbackHandle handle = 0;
  std::map<std::string, Work> work;
  std::vector<bool> inner_worked;  // of each operator that is running: whether one that it called did work
};

std::unique_ptr<Counting>& counting() {
  static thread_local std::unique_ptr<Counting> of_this_thread;
  return of_this_thread;
}

// Bytes that lie behind a tensor: what is expanded is there once.
double bytes_of(const Tensor& t) {
  if (!t.defined()) return 0;
  double elements = 1;
  for (int64_t dim = 0; dim < t.dim(); ++dim) elements *= t.stride(dim) == 0 ? 1 : static_cast<double>(t.size(dim));
  return elements * static_cast<double>(t.element_size());
}

// The tensors of an argument or a result.
std::vector<Tensor> tensors_of(const c10::IValue& value) {
  if (value.isTensor()) return {value.toTensor()};
  if (value.isTensorList()) return value.toTensorVector();
  return {};
}

bool any_traced(const std::vector<Tensor>& tensors) {
  return std::any_of(tensors.begin(), tensors.end(), [](const Tensor& t) { return t.defined() && t.is_meta(); });
}

bool begins_with(const std::string& name, const char* start) { return name.rfind(start, 0) == 0; }

// What is overwritten without a look at what was there.
bool only_writes(const std::string& name) { return name == "aten::copy_" || name == "aten::zero_" || name == "aten::fill_"; }

// What reads or writes a part of its first tensor, as large as its result or its last argument.
bool looks_up(const std::string& name) {
  return name == "aten::index_select" || name == "aten::embedding" || name == "aten::gather";
}
bool writes_rows(const std::string& name) { return name == "aten::index_copy_" || name == "aten::scatter_"; }

// FLOP of a product of these arguments.
double product_flops(const std::string& name, c10::ArrayRef<const c10::IValue> inputs) {
  size_t first = 0;
  if (name == "aten::addmm" || name == "aten::addmm_" || name == "aten::baddbmm") {
    first = 1;
  } else if (name != "aten::mm" && name != "aten::bmm") {
    return 0;
  }
  const Tensor a = inputs[first].toTensor(), b = inputs[first + 1].toTensor();
  return 2.0 * static_cast<double>(a.numel()) * static_cast<double>(b.size(-1));
}

struct Observed : at::ObserverContext {
  std::string name;
  bool traced = false, is_view = false, from_host = false;
  double read = 0, written = 0, flops = 0;
};

void see_arguments(const c10::FunctionSchema& schema, c10::ArrayRef<const c10::IValue> inputs, Observed& seen) {
  for (size_t i = 0; i < inputs.size() && i < schema.arguments().size(); ++i) {
    const std::vector<Tensor> tensors = tensors_of(inputs[i]);
    seen.traced = seen.traced || any_traced(tensors);
    double bytes = 0;
    for (const Tensor& t : tensors) bytes += bytes_of(t);
    const c10::Argument& argument = schema.arguments()[i];
    const bool changed = argument.alias_info() != nullptr && argument.alias_info()->isWrite();
    // AdamW's gradients would change with a scale, which there is none of.
    const bool is_gradient = argument.name() == "grads";
    if (changed && !is_gradient) seen.written += bytes;
    if (!changed || is_gradient || !(argument.is_out() || only_writes(seen.name))) seen.read += bytes;
    if (seen.name == "aten::copy_" && i == 1) seen.from_host = !tensors.empty() && tensors[0].is_cpu();
  }
}

std::unique_ptr<at::ObserverContext> begin(const at::RecordFunction& function) {
  if (!counting()) return nullptr;
  counting()->inner_worked.push_back(false);
  auto seen = std::make_unique<Observed>();
  seen->name = function.name();
  const auto schema = function.operator_schema();
  if (!schema.has_value()) return seen;
  see_arguments(*schema, function.inputs(), *seen);
  for (const c10::Argument& result : schema->returns()) {
    seen->is_view = seen->is_view || (result.alias_info() != nullptr && !result.alias_info()->isWrite());
  }
  if (seen->traced) seen->flops = product_flops(seen->name, function.inputs());
  return seen;
}

bool does_nothing(const Observed& seen) {
  return !seen.traced || seen.is_view || begins_with(seen.name, "aten::empty") || begins_with(seen.name, "aten::resize") ||
         begins_with(seen.name, "aten::set_") || seen.name == "aten::requires_grad_" || seen.name == "aten::result_type";
}

void count(const Observed& seen, const std::vector<c10::IValue>& outputs) {
  double results = 0, arguments = seen.read;
  // Of an operator in place the result is an argument that was counted already.
  if (seen.written == 0) {
    for (const c10::IValue& output : outputs) {
      for (const Tensor& t : tensors_of(output)) results += bytes_of(t);
    }
  }
  double bytes = arguments + seen.written + results;
  if (looks_up(seen.name)) bytes = 2 * results;
  if (writes_rows(seen.name)) bytes = 2 * (seen.read - seen.written);
  Work& work = counting()->work[seen.from_host ? "upload" : seen.name];
  work.calls += 1;
  work.flops += seen.flops;
  work.bytes += bytes;
}

void end(const at::RecordFunction& function, at::ObserverContext* context) {
  auto* seen = static_cast<Observed*>(context);
  if (seen == nullptr || !counting() || counting()->inner_worked.empty()) return;
  const bool inner_worked = counting()->inner_worked.back();
  counting()->inner_worked.pop_back();
  for (const c10::IValue& output : function.outputs()) seen->traced = seen->traced || any_traced(tensors_of(output));
  if (!inner_worked && does_nothing(*seen)) return;
  if (!inner_worked) count(*seen, function.outputs());
  if (!counting()->inner_worked.empty()) counting()->inner_worked.back() = true;
}

}  // namespace

void count_kernel(const char* name, std::initializer_list<Tensor> read, std::initializer_list<Tensor> written) {
  if (!counting()) return;
  Work& work = counting()->work[name];
  work.calls += 1;
  for (const Tensor& t : read) work.bytes += bytes_of(t);
  for (const Tensor& t : written) work.bytes += bytes_of(t);
}

extern "C" {

// Counts what operators on traced tensors do on this thread, until the counts are taken.
char* vt_count_operators() {
  return guarded([&] {
    counting() = std::make_unique<Counting>();
    counting()->handle = at::addThreadLocalCallback(at::RecordFunctionCallback(begin, end)
                                                        .needsInputs(true)
                                                        .needsOutputs(true)
                                                        .scopes({at::RecordScope::FUNCTION}));
  });
}

// A line for each operator: its name, calls, FLOP and bytes, with blanks between them.
char* vt_take_counts(char** lines) {
  return guarded([&] {
    std::ostringstream text;
    text.precision(17);
    if (counting()) {
      at::removeCallback(counting()->handle);
      for (const auto& [name, work] : counting()->work) {
        text << name << ' ' << work.calls << ' ' << work.flops << ' ' << work.bytes << '\n';
      }
      counting().reset();
    }
    *lines = message(text.str());
  });
}

}  // extern "C"

}  // namespace vt
