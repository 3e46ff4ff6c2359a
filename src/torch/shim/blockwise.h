// Numbers in 8 bits (arith/blockwise.h) by libtorch's operators, on any device.
#pragma once

#include "arith/blockwise.h"
#include "shim.h"

namespace vt {

// For n numbers: a code each, u8 [n], and the largest magnitude of each block, f32 [ceil(n / 256)].
struct Blockwise {
  Tensor codes, largest;
};

// Which map codes are of: that with signs for the first moment, the other for the second.
enum class MapKind { Signed, Unsigned };

// The numbers, f32 [n].
Tensor decode(const Blockwise& x, MapKind kind);

// Writes numbers, f32 [n], as codes.
void encode(const Tensor& x, const Blockwise& to, MapKind kind);

}  // namespace vt
