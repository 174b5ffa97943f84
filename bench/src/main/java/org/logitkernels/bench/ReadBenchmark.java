package org.logitkernels.bench;

import java.util.Locale;
import java.util.concurrent.TimeUnit;
import jdk.incubator.vector.FloatVector;
import jdk.incubator.vector.VectorSpecies;
import org.openjdk.jmh.annotations.Benchmark;
import org.openjdk.jmh.annotations.BenchmarkMode;
import org.openjdk.jmh.annotations.Mode;
import org.openjdk.jmh.annotations.OutputTimeUnit;
import org.openjdk.jmh.annotations.Param;
import org.openjdk.jmh.annotations.Scope;
import org.openjdk.jmh.annotations.Setup;
import org.openjdk.jmh.annotations.State;

/** A bare read of a row, which every kernel makes too: the others are given as multiples of it. */
@State(Scope.Thread)
@BenchmarkMode(Mode.SampleTime)
@OutputTimeUnit(TimeUnit.NANOSECONDS)
public class ReadBenchmark {
  private static final VectorSpecies<Float> F = FloatVector.SPECIES_PREFERRED;

  /** Logits in a row. */
  @Param("128256")
  public int vocabulary;

  /** Distribution of the logits, in lower case. */
  @Param("llm")
  public String distribution = "";

  /** Whether it is the same row at every call, rather than one of 16 in turn. */
  @Param("false")
  public boolean hot;

  private float[][] rows = new float[0][];
  private int next;

  /** Makes the rows. */
  @Setup
  public void setUp() {
    rows =
        BenchRows.of(
            BenchRows.Distribution.valueOf(distribution.toUpperCase(Locale.ROOT)), vocabulary);
  }

  /** Four sums, so that no addition waits for the one before. */
  @Benchmark
  public float read() {
    next++;
    float[] x = rows[hot ? 0 : next % BenchRows.COUNT];
    FloatVector a = FloatVector.zero(F);
    FloatVector b = FloatVector.zero(F);
    FloatVector c = FloatVector.zero(F);
    FloatVector d = FloatVector.zero(F);
    int width = F.length();
    for (int i = 0; i <= x.length - 4 * width; i += 4 * width) {
      a = a.add(FloatVector.fromArray(F, x, i));
      b = b.add(FloatVector.fromArray(F, x, i + width));
      c = c.add(FloatVector.fromArray(F, x, i + 2 * width));
      d = d.add(FloatVector.fromArray(F, x, i + 3 * width));
    }
    return a.add(b).add(c.add(d)).lane(0);
  }
}
