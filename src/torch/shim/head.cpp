// The language-model head with its loss: logits of a chunk of tokens at a time, never of all.
// T tokens, N of them with a label, V vocabulary, d width, K domains.

#include "loops.h"
#include "product.h"

namespace vt {

namespace {

struct Head {
  Tensor weight;       // [V,d] in the dtype of the hidden states
  Tensor weight_grad;  // undefined: evaluation only
  double scale;

  // Turns logits [n,V] into scale * (softmax - onehot) if training; -> losses [n], f64.
  Tensor losses(Tensor& logits, const Tensor& labels) const {
    const bool training = weight_grad.defined();
    if (plain_f32(logits)) {
      const int64_t n = logits.size(0), v = logits.size(1);
      Tensor loss = at::empty({n}, logits.options().dtype(at::kDouble));
      at::parallel_for(0, n, std::max<int64_t>(1, 8192 / v), [&](int64_t begin, int64_t end) {
        float* x = logits.data_ptr<float>();
        const int64_t* y = labels.const_data_ptr<int64_t>();
        double* l = loss.data_ptr<double>();
        if (training) {
          loops::softmax_loss_grad(x, y, l, begin, end, v, static_cast<float>(scale));
        } else {
          loops::softmax_loss(x, y, l, begin, end, v);
        }
      });
      return loss;
    }
    const Tensor wanted = labels.unsqueeze(1);
    const Tensor all = at::logsumexp(logits, 1, true);
    const Tensor loss = (all - logits.gather(1, wanted)).squeeze(1).to(at::kDouble);
    if (training) {
      logits.sub_(all).exp_();
      // One place per row: no two writes meet, so this is deterministic on every device.
      logits.scatter_(1, wanted, logits.gather(1, wanted).sub_(1.0));
      logits.mul_(scale);
    }
    return loss;
  }

  // One chunk of hidden states [n,d] -> losses [n]; grad [n,d] is filled if training.
  Tensor chunk(const Tensor& hidden, const Tensor& labels, Tensor& grad) const {
    const auto wide = hidden.scalar_type() == at::kDouble ? at::kDouble : at::kFloat;
    Tensor logits = product(hidden, weight.t()).to(wide);
    Tensor loss = losses(logits, labels);
    if (weight_grad.defined()) {
      const Tensor g = logits.to(hidden.scalar_type());
      product_into(g, weight, grad, 0);
      Tensor sum = weight_grad;
      product_into(g.t(), hidden, sum, 1);
    }
    return loss;
  }
};

// Sum of losses [N] per domain -> [K], f64. A product with the one-hot matrix, since adding by
// index is not deterministic on CUDA.
Tensor sums_by_domain(const Tensor& loss, const Tensor& domains, int64_t count) {
  const Tensor ids = at::arange(count, domains.options()).unsqueeze(1);
  return at::where(domains.unsqueeze(0) == ids, loss.unsqueeze(0), 0.0).sum(1);
}

void check(const Tensor& hidden, const Tensor& weight, const Tensor& labels, const Tensor& domains, int64_t domain_count,
           int64_t chunk) {
  TORCH_CHECK(hidden.dim() == 2 && weight.dim() == 2 && hidden.size(1) == weight.size(1), "cross_entropy: hidden ",
              hidden.sizes(), " does not fit weight ", weight.sizes(), ", expected [T,d] and [V,d]");
  TORCH_CHECK(labels.dim() == 1 && labels.size(0) == hidden.size(0) && domains.sizes() == labels.sizes(),
              "cross_entropy: labels ", labels.sizes(), " and domains ", domains.sizes(), " do not fit ", hidden.size(0),
              " tokens");
  TORCH_CHECK(labels.scalar_type() == at::kLong && domains.scalar_type() == at::kLong,
              "cross_entropy: labels and domains have to be int64");
  TORCH_CHECK(chunk > 0 && domain_count > 0, "cross_entropy: chunk ", chunk, " and domain count ", domain_count,
              " have to be positive");
}

}  // namespace

extern "C" {

// weight_grad null: evaluation, *hidden_grad stays untouched.
char* vt_cross_entropy(Tensor** sums, Tensor** hidden_grad, const Tensor* hidden, const Tensor* weight,
                       Tensor* weight_grad, const Tensor* labels, const Tensor* domains, int64_t domain_count,
                       double scale, int64_t chunk) {
  return guarded([&] {
    at::NoGradGuard no_grad;
    check(*hidden, *weight, *labels, *domains, domain_count, chunk);
    const auto device = hidden->device();
    // Where the labels lie on the CPU this needs no wait for the GPU.
    const Tensor places = labels->ne(-100).nonzero().squeeze(1);
    const Tensor wanted = labels->index_select(0, places).to(device);
    const Tensor domain = domains->index_select(0, places.to(domains->device())).to(device);
    const int64_t n = places.size(0);
    if (n > 0 && labels->device().is_cpu()) {
      const Tensor found = labels->index_select(0, places);
      TORCH_CHECK(found.min().item<int64_t>() >= 0 && found.max().item<int64_t>() < weight->size(0),
                  "cross_entropy: a label lies outside the vocabulary of ", weight->size(0));
    }
    const Tensor rows = places.to(device);
    const Tensor taken = hidden->index_select(0, rows);
    const Head head{weight->to(hidden->scalar_type()), weight_grad == nullptr ? Tensor() : *weight_grad, scale};
    Tensor loss = at::empty({n}, hidden->options().dtype(at::kDouble));
    Tensor grad = weight_grad == nullptr ? Tensor() : at::empty_like(taken);
    for (int64_t from = 0; from < n; from += chunk) {
      const int64_t length = std::min(chunk, n - from);
      Tensor part = grad.defined() ? grad.narrow(0, from, length) : Tensor();
      loss.narrow(0, from, length).copy_(head.chunk(taken.narrow(0, from, length), wanted.narrow(0, from, length), part));
    }
    *sums = give(sums_by_domain(loss, domain, domain_count));
    if (grad.defined()) *hidden_grad = give(at::zeros_like(*hidden).index_copy_(0, rows, grad));
  });
}

}  // extern "C"

}  // namespace vt
