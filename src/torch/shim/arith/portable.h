// What the arithmetic here needs of a compiler: the CPU's, and NVRTC, which knows no standard headers.
//
// The functions of this folder are of single numbers. The loops of the CPU call them (../loops.cpp,
// ../optim_loops.cpp), and so do the kernels of the GPU (../gpu_kernels).
#pragma once

#if defined(__CUDACC_RTC__)

#define VT_METHOD __device__ __forceinline__
#define VT_FN static VT_METHOD
typedef unsigned char uint8_t;
typedef unsigned short uint16_t;
typedef int int32_t;
typedef unsigned int uint32_t;
typedef long long int64_t;
typedef unsigned long long uint64_t;

#else

#include <cmath>
#include <cstdint>
#include <cstring>

// Always inline, so that each build of a loop (for AVX2, for AVX-512) has its own.
#define VT_METHOD inline __attribute__((always_inline))
#define VT_FN static VT_METHOD

#endif

namespace vt::arith {

#if defined(__CUDACC_RTC__)
VT_FN uint32_t bits_of(float x) { return __float_as_uint(x); }
VT_FN float float_of(uint32_t bits) { return __uint_as_float(bits); }
#else
VT_FN uint32_t bits_of(float x) {
  uint32_t bits;
  std::memcpy(&bits, &x, sizeof bits);
  return bits;
}
VT_FN float float_of(uint32_t bits) {
  float x;
  std::memcpy(&x, &bits, sizeof x);
  return x;
}
#endif

}  // namespace vt::arith
