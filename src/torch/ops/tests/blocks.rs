use super::*;

/// Inputs of an attention block: x, norm, q, k, v, o, then biases of q, k, v, o, then head norms.
fn attention_inputs(t: i64, d: i64, heads: i64, kv_heads: i64, width: i64) -> Vec<Tensor> {
    let (all, keys) = (heads * width, kv_heads * width);
    let shapes: [&[i64]; 12] = [
        &[t, d],
        &[d],
        &[all, d],
        &[keys, d],
        &[keys, d],
        &[d, all],
        &[all],
        &[keys],
        &[keys],
        &[d],
        &[width],
        &[width],
    ];
    shapes.iter().enumerate().map(|(i, shape)| random(i as u64 + 10, shape)).collect()
}

fn check_attention_block(kind: (Kind, f64), biases: bool, norms: bool) {
    let (t, d, heads, kv_heads, width) = (29, 20, 4, 2, 6);
    let cu_seqlens = [0, 1, 12, 29];
    let (cos, sin) = angles(t, width);
    let bias = |x: &'_ Tensor| biases.then(|| x.shallow_clone());
    let norm = |x: &'_ Tensor| norms.then(|| x.shallow_clone());
    let ours = |x: &[Tensor]| {
        let (bq, bk, bv, bo) = (bias(&x[6]), bias(&x[7]), bias(&x[8]), bias(&x[9]));
        let block = AttentionBlock {
            norm: &x[1],
            query: Linear { weight: &x[2], bias: bq.as_ref() },
            key: Linear { weight: &x[3], bias: bk.as_ref() },
            value: Linear { weight: &x[4], bias: bv.as_ref() },
            out: Linear { weight: &x[5], bias: bo.as_ref() },
            query_norm: norms.then_some(&x[10]),
            key_norm: norms.then_some(&x[11]),
            heads,
            kv_heads,
            eps: 1e-6,
            scale: 0.4,
        };
        attention_block(&x[0], &block, &cos, &sin, &cu_seqlens).unwrap()
    };
    let plain = |x: &[Tensor]| {
        let n = plain_rms_norm(&x[0], &x[1], 1e-6);
        let project = |n: &Tensor, w: &Tensor, b: &Tensor| {
            let y = n.matmul(&w.tr());
            bias(b).map_or(y.shallow_clone(), |b| y + b)
        };
        let turned = |y: Tensor, heads: i64, w: &Tensor| {
            let y = y.reshape([t, heads, width]);
            let y = norm(w).map_or(y.shallow_clone(), |w| plain_rms_norm(&y, &w, 1e-6));
            plain_rope(&y, &cos, &sin)
        };
        let q = turned(project(&n, &x[2], &x[6]), heads, &x[10]);
        let k = turned(project(&n, &x[3], &x[7]), kv_heads, &x[11]);
        let v = project(&n, &x[4], &x[8]).reshape([t, kv_heads, width]);
        let out = plain_attention(&q, &k, &v, &cu_seqlens, 0.4).reshape([t, heads * width]);
        &x[0] + project(&out, &x[5], &x[9])
    };
    compare(kind, &attention_inputs(t, d, heads, kv_heads, width), ours, plain);
}

#[test]
fn attention_block_as_composed() {
    for kind in KINDS {
        check_attention_block(kind, false, false);
        check_attention_block(kind, true, false);
        check_attention_block(kind, true, true);
        check_attention_block(kind, false, true);
    }
}

#[test]
fn mlp_block_as_composed() {
    let (t, d, f) = (21, 10, 27);
    let shapes: [&[i64]; 8] = [&[t, d], &[d], &[f, d], &[f, d], &[d, f], &[f], &[f], &[d]];
    let inputs: Vec<Tensor> = (0..8).map(|i| random(i as u64 + 30, shapes[i])).collect();
    for (kind, biases) in KINDS.into_iter().flat_map(|kind| [(kind, false), (kind, true)]) {
        compare(
            kind,
            &inputs,
            |x| {
                let linear =
                    |w: usize, b: usize| Linear { weight: &x[w], bias: biases.then_some(&x[b]) };
                let block = MlpBlock {
                    norm: &x[1],
                    gate: linear(2, 5),
                    up: linear(3, 6),
                    down: linear(4, 7),
                    eps: 1e-6,
                };
                mlp_block(&x[0], &block).unwrap()
            },
            |x| {
                let n = plain_rms_norm(&x[0], &x[1], 1e-6);
                let project = |n: &Tensor, w: usize, b: usize| {
                    let y = n.matmul(&x[w].tr());
                    if biases { y + &x[b] } else { y }
                };
                let h = project(&n, 2, 5).silu() * project(&n, 3, 6);
                &x[0] + project(&h, 4, 7)
            },
        );
    }
}

#[test]
fn blocks_with_f32_masters_follow_those_in_f32() {
    let (t, d, f) = (21, 10, 27);
    let weights: Vec<Tensor> =
        [[f, d], [f, d], [d, f]].iter().map(|s| leaf(&random(3, s))).collect();
    let norm = leaf(&random(4, &[d]));
    let run = |x: &Tensor| {
        let linear = |i: usize| Linear { weight: &weights[i], bias: None };
        let block =
            MlpBlock { norm: &norm, gate: linear(0), up: linear(1), down: linear(2), eps: 1e-6 };
        let y = mlp_block(x, &block).unwrap();
        backward(&[&y], &[&random(5, &[t, d]).to_kind(x.kind())]).unwrap();
        let grads: Vec<Tensor> = weights.iter().chain([&norm]).map(|w| w.grad().copy()).collect();
        weights.iter().chain([&norm]).for_each(|w| {
            let _ = w.grad().zero_();
        });
        (y, grads)
    };
    let x = random(6, &[t, d]);
    let (wanted, wanted_grads) = run(&leaf(&x));
    let (y, grads) = run(&leaf(&x.to_kind(Kind::BFloat16)));
    assert_eq!(y.kind(), Kind::BFloat16);
    assert_close("result", &y, &wanted, 2e-2);
    for (a, b) in grads.iter().zip(&wanted_grads) {
        assert_eq!(a.kind(), Kind::Float);
        assert_close("gradient", a, b, 3e-2);
    }
}
