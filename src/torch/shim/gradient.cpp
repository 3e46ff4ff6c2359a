// A leaf's gradient as Rust sets it, which tch lacks.

#include "shim.h"

extern "C" {

// grad null: the leaf has none from now on.
char* vt_set_grad(const at::Tensor* leaf, const at::Tensor* grad) {
  return vt::guarded([&] { leaf->mutable_grad() = grad == nullptr ? at::Tensor() : *grad; });
}

}
