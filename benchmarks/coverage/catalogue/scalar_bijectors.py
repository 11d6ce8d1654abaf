"""Bijectors of one number."""

import tensorflow as tf
import tensorflow_probability as tfp

from benchmarks.coverage.bijector import bijector
from benchmarks.coverage.case import Case
from benchmarks.coverage.values import between, positive, reals

__all__ = ["CASES"]

tfb = tfp.bijectors
_UNIT = between(0.05, 0.95)

CASES: list[Case] = [
    *bijector("tfb.Identity", tfb.Identity, reals()),
    *bijector(
        "tfb.AbsoluteValue", tfb.AbsoluteValue, reals(), positive(), kinds=("forward", "forward_log_det_jacobian")
    ),
    *bijector("tfb.Exp", tfb.Exp, reals()),
    *bijector("tfb.Expm1", tfb.Expm1, reals()),
    *bijector("tfb.Log", tfb.Log, positive()),
    *bijector("tfb.Log1p", tfb.Log1p, positive()),
    *bijector("tfb.Reciprocal", tfb.Reciprocal, positive()),
    *bijector("tfb.Square", tfb.Square, positive()),
    *bijector("tfb.Sinh", tfb.Sinh, reals()),
    *bijector("tfb.Tanh", tfb.Tanh, reals()),
    *bijector("tfb.Softsign", tfb.Softsign, reals()),
    *bijector("tfb.Softplus", tfb.Softplus, reals(scale=3)),
    *bijector("tfb.Softplus(hinge_softness)", tfb.Softplus, reals(), hinge_softness=positive(), low=positive()),
    *bijector("tfb.Sigmoid", tfb.Sigmoid, reals(scale=2)),
    *bijector("tfb.Sigmoid(low, high)", tfb.Sigmoid, reals(), low=between(-2, -1), high=between(1, 2)),
    *bijector("tfb.NormalCDF", tfb.NormalCDF, reals()),
    *bijector("tfb.Shift", tfb.Shift, reals(), shift=reals()),
    *bijector("tfb.Scale", tfb.Scale, reals(), scale=positive()),
    *bijector("tfb.Scale(log_scale)", tfb.Scale, reals(), log_scale=reals()),
    *bijector("tfb.Power", lambda: tfb.Power(3), positive(), reals=("float32",)),
    *bijector("tfb.Power(power)", tfb.Power, positive(), power=between(1, 3)),
    *bijector("tfb.PowerTransform", lambda: tfb.PowerTransform(0.3), reals()),
    *bijector("tfb.SinhArcsinh", tfb.SinhArcsinh, reals(), skewness=reals(), tailweight=positive()),
    *bijector("tfb.SoftClip", tfb.SoftClip, reals(), low=between(-2, -1), high=between(1, 2)),
    *bijector("tfb.Softfloor", tfb.Softfloor, reals(scale=3), temperature=positive()),
    *bijector(
        "tfb.LambertWTail",
        tfb.LambertWTail,
        reals(),
        shift=reals(),
        scale=positive(),
        tailweight=between(0.05, 0.4),
    ),
    *bijector(
        "tfb.FrechetCDF",
        tfb.FrechetCDF,
        between(1.2, 3),
        loc=between(-1, 1),
        scale=positive(),
        concentration=positive(),
    ),
    *bijector(
        "tfb.GeneralizedExtremeValueCDF",
        tfb.GeneralizedExtremeValueCDF,
        reals(scale=0.3),
        loc=reals(scale=0.3),
        scale=between(1, 3),
        concentration=between(0.1, 0.4),
    ),
    *bijector(
        "tfb.GeneralizedPareto",
        tfb.GeneralizedPareto,
        reals(),
        loc=reals(),
        scale=positive(),
        concentration=between(0.05, 0.4),
    ),
    *bijector("tfb.GompertzCDF", tfb.GompertzCDF, _UNIT, concentration=positive(), rate=positive()),
    *bijector("tfb.GumbelCDF", tfb.GumbelCDF, reals(), loc=reals(), scale=positive()),
    *bijector("tfb.KumaraswamyCDF", tfb.KumaraswamyCDF, _UNIT, concentration1=positive(), concentration0=positive()),
    *bijector("tfb.MoyalCDF", tfb.MoyalCDF, reals(), loc=reals(), scale=positive()),
    *bijector("tfb.RayleighCDF", tfb.RayleighCDF, positive(), scale=positive()),
    *bijector("tfb.ShiftedGompertzCDF", tfb.ShiftedGompertzCDF, positive(), concentration=positive(), rate=positive()),
    *bijector("tfb.WeibullCDF", tfb.WeibullCDF, positive(), scale=positive(), concentration=positive()),
    *bijector(
        "tfb.Inline",
        lambda: tfb.Inline(
            forward_fn=tf.math.asinh,
            inverse_fn=tf.math.sinh,
            forward_log_det_jacobian_fn=lambda x: -0.5 * tf.math.log1p(x**2),
            forward_min_event_ndims=0,
        ),
        reals(),
    ),
]
