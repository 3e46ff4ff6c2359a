#include "blockwise.h"

#include "optim_loops.h"

namespace vt {

namespace {

const arith::Map& map_of(MapKind kind) {
  return kind == MapKind::Signed ? loops::signed_map() : loops::unsigned_map();
}

Tensor beside(const float* numbers, int64_t count, const Tensor& other) {
  const Tensor made = at::empty({count}, at::kFloat);
  std::copy_n(numbers, count, made.data_ptr<float>());
  return made.to(other.device());
}

void check(const Blockwise& x, int64_t n) {
  const int64_t blocks = (n + arith::BLOCK - 1) / arith::BLOCK;
  TORCH_CHECK(x.codes.scalar_type() == at::kByte && x.largest.scalar_type() == at::kFloat && x.codes.numel() == n &&
                  x.largest.numel() == blocks && x.codes.is_contiguous() && x.largest.is_contiguous(),
              "8-bit blocks: ", n, " numbers take contiguous uint8 codes and ", blocks, " magnitudes in float32, got ",
              x.codes.scalar_type(), x.codes.sizes(), " and ", x.largest.scalar_type(), x.largest.sizes());
}

}  // namespace

Tensor decode(const Blockwise& x, MapKind kind) {
  const int64_t n = x.codes.numel();
  check(x, n);
  const Tensor values = beside(map_of(kind).value, arith::CODES, x.codes);
  const Tensor of_each = x.largest.view(-1).repeat_interleave(arith::BLOCK).narrow(0, 0, n);
  return values.index_select(0, x.codes.view(-1).to(at::kLong)).mul_(of_each);
}

void encode(const Tensor& x, const Blockwise& to, MapKind kind) {
  const int64_t n = x.numel(), blocks = to.largest.numel();
  check(to, n);
  const Tensor rows = at::constant_pad_nd(x.view(-1), {0, blocks * arith::BLOCK - n}).view({blocks, arith::BLOCK});
  const Tensor largest = rows.abs().amax(1);
  const Tensor inverse = at::where(largest > 0, largest.reciprocal(), at::zeros_like(largest));
  const Tensor shares = (rows * inverse.unsqueeze(1)).view(-1).narrow(0, 0, n);
  Tensor codes = at::bucketize(shares, beside(map_of(kind).middle, arith::CODES - 1, x), /*out_int32=*/true);
  if (kind == MapKind::Unsigned) codes = at::where((codes == 0).bitwise_and(shares > 0), at::ones_like(codes), codes);
  to.codes.view(-1).copy_(codes);
  to.largest.view(-1).copy_(largest);
}

extern "C" {

// out: f32 of the codes' shape.
char* vt_decode_blocks(Tensor** out, const Tensor* codes, const Tensor* largest, bool with_sign) {
  return without_graph([&] {
    const Tensor flat = decode({*codes, *largest}, with_sign ? MapKind::Signed : MapKind::Unsigned);
    *out = give(flat.view(codes->sizes()));
  });
}

char* vt_encode_blocks(const Tensor* x, Tensor* codes, Tensor* largest, bool with_sign) {
  return without_graph([&] {
    encode(x->to(at::kFloat).contiguous(), {*codes, *largest}, with_sign ? MapKind::Signed : MapKind::Unsigned);
  });
}

}  // extern "C"

}  // namespace vt
