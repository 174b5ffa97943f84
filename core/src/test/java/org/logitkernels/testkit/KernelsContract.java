package org.logitkernels.testkit;

/** All that a backend's kernels promise. */
public interface KernelsContract
    extends ArgMaxContract,
        LogSumExpContract,
        SoftmaxContract,
        TopKContract,
        TopPContract,
        DrawContract,
        NumericsContract,
        LogProbabilityContract,
        LengthsContract,
        LogitsContract,
        SoftCapContract,
        RoutingContract,
        RoutingErrors,
        SizesContract,
        AttentionContract,
        AttentionErrors,
        GoldenBitsContract,
        AllocationContract {}
