package org.logitkernels.vector;

import net.jqwik.api.Tag;
import org.logitkernels.Kernels;
import org.logitkernels.testkit.BeamsContract;
import org.logitkernels.testkit.ChainContract;
import org.logitkernels.testkit.FiltersContract;
import org.logitkernels.testkit.FootprintContract;
import org.logitkernels.testkit.HistoryContract;
import org.logitkernels.testkit.PeerCasesContract;
import org.logitkernels.testkit.ReadOutContract;
import org.logitkernels.testkit.RealRowsContract;
import org.logitkernels.testkit.SamplerContract;
import org.logitkernels.testkit.SemanticsContract;
import org.logitkernels.testkit.SequenceContract;
import org.logitkernels.testkit.SteeringContract;
import org.logitkernels.testkit.WithoutReplacementContract;

/** The meaning of steps, chains and samplers, on the vector backend. */
@Tag("sampler")
class VectorSamplerTest
    implements SemanticsContract,
        SamplerContract,
        ChainContract,
        FiltersContract,
        FootprintContract,
        HistoryContract,
        SteeringContract,
        SequenceContract,
        WithoutReplacementContract,
        PeerCasesContract,
        ReadOutContract,
        BeamsContract,
        RealRowsContract {
  @Override
  public Kernels kernels() {
    return Kernels.named("vector");
  }
}
