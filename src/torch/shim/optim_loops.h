// AdamW's step on the CPU over elements or blocks [begin, end): each number is read and written once. Weights
// and gradients are of one kind; weights and moments in bf16 are rounded stochastically.
#pragma once

#include "arith/adamw.h"
#include "arith/blockwise.h"
#include "arith/rounding.h"

namespace vt::loops {

using arith::bf16;

void adamw(const arith::AdamW& of, const arith::Keys& keys, bf16* weight, const bf16* grad, bf16* first, bf16* second,
           int64_t begin, int64_t end);
void adamw(const arith::AdamW& of, const arith::Keys& keys, bf16* weight, const bf16* grad, float* first,
           float* second, int64_t begin, int64_t end);
void adamw(const arith::AdamW& of, const arith::Keys& keys, float* weight, const float* grad, bf16* first,
           bf16* second, int64_t begin, int64_t end);

// Numbers in 8 bits: a code each, and the largest magnitude of each block.
struct Blocks {
  uint8_t* codes;
  float* largest;
};

// Of n elements in blocks. Moments stay in 8 bits.
void adamw(const arith::AdamW& of, uint64_t weight_key, bf16* weight, const bf16* grad, Blocks first, Blocks second,
           int64_t begin, int64_t end, int64_t n);
void adamw(const arith::AdamW& of, uint64_t weight_key, float* weight, const float* grad, Blocks first, Blocks second,
           int64_t begin, int64_t end, int64_t n);

// The map of the first moment and that of the second.
const arith::Map& signed_map();
const arith::Map& unsigned_map();

}  // namespace vt::loops
