// How kernels walk over elements: four at a time where the addresses allow it.
#pragma once

#include "arith/rounding.h"
#include "gpu_kernels/threads.h"

namespace vt::gpu {

using arith::bf16;

template <typename T>
struct alignas(4 * sizeof(T)) Four {
  T at[4];
};

// Whether four elements may be read at once from here on.
template <typename T>
VT_FN bool aligned(const T* p) {
  return reinterpret_cast<uint64_t>(p) % sizeof(Four<T>) == 0;
}

// A number of elements that the compiler knows.
template <int N>
struct Count {};

// Elements [first, n), each `stride`-th group of them: body(index, Count<4>) or body(index, Count<1>). The same
// thread gets the same elements each time.
template <typename Body>
VT_FN void each(int64_t own, int64_t stride, int64_t n, bool by_four, Body&& body) {
  const int64_t fours = by_four ? n / 4 : 0;
  for (int64_t i = own; i < fours; i += stride) body(4 * i, Count<4>{});
  for (int64_t i = 4 * fours + own; i < n; i += stride) body(i, Count<1>{});
}

// Elements [0, n), shared among all threads of the grid.
template <typename Body>
VT_FN void each_of_grid(int64_t n, bool by_four, Body&& body) {
  each(static_cast<int64_t>(blockIdx.x) * THREADS + threadIdx.x, static_cast<int64_t>(gridDim.x) * THREADS, n, by_four,
       body);
}

// Elements [0, n), shared among the threads of a block.
template <typename Body>
VT_FN void each_of_block(int64_t n, bool by_four, Body&& body) {
  each(threadIdx.x, THREADS, n, by_four, body);
}

template <typename T>
VT_FN void load(const T* p, float (&x)[1]) {
  x[0] = arith::load(*p);
}

template <typename T>
VT_FN void load(const T* p, float (&x)[4]) {
  const Four<T> four = *reinterpret_cast<const Four<T>*>(p);
  for (int k = 0; k < 4; ++k) x[k] = arith::load(four.at[k]);
}

template <typename T>
VT_FN void store(T* p, const float (&x)[1]) {
  arith::store_nearest(*p, x[0]);
}

template <typename T>
VT_FN void store(T* p, const float (&x)[4]) {
  Four<T> four;
  for (int k = 0; k < 4; ++k) arith::store_nearest(four.at[k], x[k]);
  *reinterpret_cast<Four<T>*>(p) = four;
}

template <typename T>
VT_FN void store_stochastic(T* p, const float (&x)[1], uint64_t key, int64_t index) {
  arith::store_stochastic(*p, x[0], key, index);
}

template <typename T>
VT_FN void store_stochastic(T* p, const float (&x)[4], uint64_t key, int64_t index) {
  Four<T> four;
  for (int k = 0; k < 4; ++k) arith::store_stochastic(four.at[k], x[k], key, index + k);
  *reinterpret_cast<Four<T>*>(p) = four;
}

}  // namespace vt::gpu
