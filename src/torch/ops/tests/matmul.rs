use super::*;

/// A projection with its gradients: of the input, the weight and the bias.
fn linear_with_gradients(x: &[Tensor], g: &Tensor) -> (Tensor, Vec<Tensor>) {
    let y = linear(&x[0], &x[1], Some(&x[2])).unwrap();
    let gx = matmul(g, &x[1].to_kind(g.kind())).unwrap();
    let mut gw = x[1].zeros_like();
    add_weight_grad(g, &x[0], &mut gw).unwrap();
    (y, vec![gx, gw, bias_grad(g, &x[2]).unwrap()])
}

#[test]
fn linear_as_composed() {
    for kind in KINDS {
        compare(
            kind,
            &[random(1, &[37, 19]), random(2, &[23, 19]), random(3, &[23])],
            linear_with_gradients,
            |x| x[0].matmul(&x[1].tr()) + &x[2],
        );
    }
}

#[test]
fn linear_with_f32_masters_gives_f32_gradients() {
    let (x, w) = (random(1, &[37, 19]).to_kind(Kind::BFloat16), random(2, &[23, 19]));
    let (y, grads) = linear_with_gradients(
        &[x.copy(), w, random(3, &[23])],
        &x.new_ones([37, 23], (Kind::BFloat16, tch::Device::Cpu)),
    );
    assert_eq!(y.kind(), Kind::BFloat16);
    assert_eq!((grads[0].kind(), grads[1].kind()), (Kind::BFloat16, Kind::Float));
    let wanted = x.to_kind(Kind::Float).sum_dim_intlist([0i64].as_slice(), false, None::<Kind>);
    assert_close("gradient", &grads[1].get(3), &wanted, 1e-2);
}

#[test]
fn matmul_overwrites_or_adds() {
    for (kind, most) in KINDS {
        let [a, b] = [random(1, &[17, 9]), random(2, &[9, 5])].map(|x| x.to_kind(kind));
        let expected = matmul(&a, &b).unwrap();
        let mut out = expected.ones_like();
        matmul_into(&a, &b, &mut out, Write::Add).unwrap();
        assert_close("added", &out, &(&expected + 1.0), most);
        matmul_into(&a, &b, &mut out, Write::Over).unwrap();
        assert_eq!(out, expected);
    }
}
