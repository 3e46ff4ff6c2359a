// Sums and maxima over the threads of a block, in a fixed order and the same for all of them. All threads call
// them, with room in shared memory for one number a warp.
#pragma once

#include "gpu_kernels/vector.h"

namespace vt::gpu {

constexpr int WARP = 32;
constexpr int WARPS = THREADS / WARP;
constexpr unsigned ALL_LANES = 0xffffffffu;

struct Add {
  template <typename X>
  VT_METHOD X operator()(X a, X b) const {
    return a + b;
  }
};

struct Max {
  template <typename X>
  VT_METHOD X operator()(X a, X b) const {
    return a > b ? a : b;
  }
};

template <typename X, typename Join>
VT_FN X over_warp(X x, Join join) {
  for (int distance = WARP / 2; distance > 0; distance /= 2) x = join(x, __shfl_xor_sync(ALL_LANES, x, distance));
  return x;
}

template <typename X, typename Join>
VT_FN X over_block(X x, X* shared, Join join) {
  x = over_warp(x, join);
  if (threadIdx.x % WARP == 0) shared[threadIdx.x / WARP] = x;
  __syncthreads();
  X all = shared[0];
  for (int warp = 1; warp < WARPS; ++warp) all = join(all, shared[warp]);
  // Nobody writes there before all have read.
  __syncthreads();
  return all;
}

}  // namespace vt::gpu
