// Backward from given gradients, which tch lacks.

#include "shim.h"

#include <torch/csrc/autograd/autograd.h>

extern "C" {

char* vt_backward(at::Tensor* const* outputs, at::Tensor* const* grads, int64_t count) {
  return vt::guarded([&] { torch::autograd::backward(vt::list(outputs, count), vt::list(grads, count)); });
}

}
