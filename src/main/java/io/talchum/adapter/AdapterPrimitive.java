package io.talchum.adapter;

/**
 * One thing that an adapter does to the base; the engine knows these and never a method's name.
 *
 * <p>Everything at a linear W [out, in] with bias b together, in this order:
 *
 * <pre>
 *   x' = u * x                                    InputScale
 *   y  = g * (W x' + b + D x' + sum s B A x')     OutputScale, DenseDelta, LowRankDelta
 *        + db                                     BiasDelta
 * </pre>
 *
 * Arrays are row-major f32, finite, and not to be changed after construction; what can be large is
 * {@link FloatValues}, which need not lie on the Java heap.
 */
public sealed interface AdapterPrimitive
    permits AdapterFusion,
        BiasDelta,
        Bottleneck,
        DenseDelta,
        EmbeddingLowRank,
        EmbeddingRows,
        FinalNormWeight,
        GatedAttention,
        GatedLowRank,
        HeadLowRank,
        HeadRows,
        InputScale,
        Invocation,
        LadderSideNetwork,
        LowRankDelta,
        NormWeight,
        OutputScale,
        SoftPrompt,
        VirtualKeyValues {}
