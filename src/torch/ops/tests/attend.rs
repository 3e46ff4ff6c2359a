use super::*;
use crate::torch::testing::distance;
use proptest::prelude::*;

/// The result, and the gradients of queries, keys and values.
fn attention_with_gradients(
    x: &[Tensor],
    g: &Tensor,
    cu_seqlens: &[i64],
    scale: f64,
) -> (Tensor, Vec<Tensor>) {
    let attended = attention(&x[0], &x[1], &x[2], cu_seqlens, scale).unwrap();
    let grads = attended.backward(g, [&x[0], &x[1], &x[2]], cu_seqlens, scale).unwrap();
    (attended.mixed().shallow_clone(), grads.into())
}

#[test]
fn attention_as_composed() {
    // Heads a multiple of 16 wide take our loops in f32, the others libtorch's.
    let cases: [(i64, i64, i64, &[i64]); 8] = [
        (1, 1, 4, &[0, 1]),
        (4, 4, 8, &[0, 9]),
        (4, 2, 8, &[0, 1, 2, 40]),
        (8, 2, 16, &[0, 5, 5, 12, 13, 50]),
        (6, 1, 10, &[0, 33, 66]),
        (2, 1, 32, &[0, 130, 300]),
        (4, 2, 48, &[0, 3, 35, 36, 103]),
        (3, 3, 64, &[0, 31, 95]),
    ];
    for kind in KINDS {
        for (heads, kv_heads, d, cu_seqlens) in cases {
            let t = *cu_seqlens.last().unwrap();
            let inputs = [
                random(1, &[t, heads, d]) * 3.0,
                random(2, &[t, kv_heads, d]) * 3.0,
                random(3, &[t, kv_heads, d]),
            ];
            compare(
                kind,
                &inputs,
                |x, g| attention_with_gradients(x, g, cu_seqlens, 0.3),
                |x| plain_attention(&x[0], &x[1], &x[2], cu_seqlens, 0.3),
            );
        }
    }
}

#[test]
fn no_document_sees_another() {
    let cu_seqlens = [0, 5, 25, 40];
    let run = |changed: bool| {
        let qkv =
            [random(1, &[40, 4, 8]), random(2, &[40, 2, 8]), random(3, &[40, 2, 8])].map(|x| {
                if changed {
                    x.narrow(0, 5, 20).copy_(&random(77, &[20, x.size()[1], 8]));
                }
                x
            });
        let g = random(4, &[40, 4, 8]);
        let (y, grads) = attention_with_gradients(&qkv, &g, &cu_seqlens, 0.5);
        grads.into_iter().chain([y]).collect::<Vec<_>>()
    };
    for (before, after) in run(false).iter().zip(run(true)) {
        for (from, length) in [(0, 5), (25, 15)] {
            assert!(before.narrow(0, from, length).equal(&after.narrow(0, from, length)));
        }
        assert!(!before.narrow(0, 5, 20).equal(&after.narrow(0, 5, 20)));
    }
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(24))]

    /// Whatever the documents: packed together as alone.
    #[test]
    fn documents_attend_alone(lengths in prop::collection::vec(1i64..40, 1..6), seed in 0u64..1000) {
        let mut cu_seqlens = vec![0];
        lengths.iter().for_each(|l| cu_seqlens.push(cu_seqlens[cu_seqlens.len() - 1] + l));
        let t = cu_seqlens[lengths.len()];
        let [q, k, v] = [(1, 4), (2, 2), (3, 2)].map(|(i, heads)| random(seed + i, &[t, heads, 8]));
        let attend = |q: &Tensor, k: &Tensor, v: &Tensor, cu_seqlens: &[i64]| {
            attention(q, k, v, cu_seqlens, 0.3).unwrap().mixed().shallow_clone()
        };
        let packed = attend(&q, &k, &v, &cu_seqlens);
        for (i, length) in lengths.iter().enumerate() {
            let part = |x: &Tensor| x.narrow(0, cu_seqlens[i], *length).contiguous();
            let alone = attend(&part(&q), &part(&k), &part(&v), &[0, *length]);
            prop_assert!(distance(&part(&packed), &alone) < 1e-6);
        }
    }
}
