#pragma once

#include "arith/portable.h"

namespace vt::arith {

// e^x for x in the range of f32, about 1 ulp, in operations that every vector unit has (Cephes).
VT_FN float exp_f32(float x) {
  // Written so that NaN stays NaN: a loss that is not a number must be seen.
  x = x < -87.3f ? -87.3f : x;
  x = x > 88.3f ? 88.3f : x;
  const float n = floorf(x * 1.44269504f + 0.5f);
  const float r = (x - n * 0.693359375f) - n * -2.12194440e-4f;
  float p = 1.9875691500e-4f;
  p = p * r + 1.3981999507e-3f;
  p = p * r + 8.3334519073e-3f;
  p = p * r + 4.1665795894e-2f;
  p = p * r + 1.6666665459e-1f;
  p = p * r + 5.0000001201e-1f;
  p = p * r * r + r + 1.0f;
  return p * float_of(static_cast<uint32_t>((static_cast<int32_t>(n) + 127) << 23));
}

}  // namespace vt::arith
