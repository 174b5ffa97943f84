package org.logitkernels.testkit;

import static org.junit.jupiter.api.Assertions.assertArrayEquals;
import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertThrows;
import static org.junit.jupiter.api.Assertions.assertTrue;

import java.lang.foreign.Arena;
import java.lang.foreign.MemorySegment;
import java.lang.foreign.ValueLayout;
import java.nio.ByteBuffer;
import java.nio.ByteOrder;
import java.nio.FloatBuffer;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;
import java.util.SplittableRandom;
import java.util.function.Supplier;
import java.util.stream.Stream;
import net.jqwik.api.Arbitraries;
import net.jqwik.api.Arbitrary;
import net.jqwik.api.Example;
import net.jqwik.api.ForAll;
import net.jqwik.api.Property;
import net.jqwik.api.Provide;
import org.junit.jupiter.api.function.Executable;
import org.logitkernels.ElementType;
import org.logitkernels.Kernels;
import org.logitkernels.Sampler;
import org.logitkernels.SamplerChain;
import org.logitkernels.Step;
import org.logitkernels.Workspace;

/**
 * Rows in memory segments and buffers: whatever holds them, everything has the bits of the row
 * widened to a {@code float[]}, errors included.
 */
public interface SegmentContract extends KernelsUnderTest {
  /** What holds a row. */
  enum Place {
    /** Off the heap, aligned. */
    NATIVE,
    /** Off the heap, at an odd address. */
    NATIVE_UNALIGNED,
    /** A view of an array of its own type. */
    HEAP,
    /** A view of bytes, at an odd index. */
    HEAP_UNALIGNED,
    /** A read-only view. */
    READ_ONLY;

    /** A segment of this kind with an element before the row, and where in it the row begins. */
    MemorySegment of(Arena arena, MemorySegment row, int bytes) {
      long size = row.byteSize();
      MemorySegment segment =
          switch (this) {
            case NATIVE -> arena.allocate(bytes + size + 8, 64);
            case NATIVE_UNALIGNED -> arena.allocate(bytes + size + 9, 64).asSlice(1);
            case HEAP ->
                bytes == Float.BYTES
                    ? MemorySegment.ofArray(new float[(int) size / bytes + 3])
                    : MemorySegment.ofArray(new short[(int) size / bytes + 3]);
            case HEAP_UNALIGNED -> MemorySegment.ofArray(new byte[(int) size + 9]).asSlice(1);
            case READ_ONLY ->
                MemorySegment.ofArray(new float[(int) (size + bytes) / Float.BYTES + 3]);
          };
      MemorySegment.copy(row, 0, segment, bytes, size);
      return this == READ_ONLY ? segment.asReadOnly() : segment;
    }
  }

  /** Rows, most of them valid. */
  @Provide
  default Arbitrary<TestRow> heldRows() {
    return Arbitraries.frequencyOf(
        net.jqwik.api.Tuple.of(9, TestRows.upTo(5000)),
        net.jqwik.api.Tuple.of(
            1,
            TestRows.upTo(3000)
                .map(
                    row -> {
                      float[] x = row.logits();
                      x[x.length / 3] = Float.NaN;
                      return new TestRow(row + " with NaN", x, 0, x.length);
                    })));
  }

  /** Chains. */
  @Provide
  default Arbitrary<List<Step>> heldSteps() {
    return Chains.anySteps();
  }

  /** Writes a row's elements, and returns the floats that they are. */
  static float[] store(float[] x, ElementType type, MemorySegment elements) {
    float[] widened = new float[x.length];
    for (int i = 0; i < x.length; i++) {
      int bits = bits(x[i], type);
      set(elements, type, i, bits);
      widened[i] = widened(bits, type);
    }
    return widened;
  }

  private static void set(MemorySegment elements, ElementType type, int i, int bits) {
    switch (type.bytes()) {
      case 4 -> elements.set(ValueLayout.JAVA_INT_UNALIGNED, 4L * i, bits);
      case 2 -> elements.set(ValueLayout.JAVA_SHORT_UNALIGNED, 2L * i, (short) bits);
      case 1 -> elements.set(ValueLayout.JAVA_BYTE, i, (byte) bits);
      default -> throw new AssertionError(type);
    }
  }

  private static int bits(float x, ElementType type) {
    return switch (type) {
      case FLOAT32 -> Float.floatToRawIntBits(x);
      case FLOAT16 -> Float.floatToFloat16(x);
      case BFLOAT16 -> Float.floatToRawIntBits(x) >> 16;
    };
  }

  private static float widened(int bits, ElementType type) {
    return switch (type) {
      case FLOAT32 -> Float.intBitsToFloat(bits);
      case FLOAT16 -> Float.float16ToFloat((short) bits);
      case BFLOAT16 -> Float.intBitsToFloat(bits << 16);
    };
  }

  private static List<ElementType> narrowTypes() {
    return Stream.of(ElementType.values()).filter(type -> type.bytes() < Float.BYTES).toList();
  }

  /** Samplers. */
  @Property
  default void samplersGiveTheBitsOfTheWidenedRow(
      @ForAll("heldRows") TestRow row,
      @ForAll("heldSteps") List<Step> steps,
      @ForAll ElementType type,
      @ForAll Place place) {
    int length = row.length();
    MemorySegment elements = MemorySegment.ofArray(new byte[length * type.bytes()]);
    float[] x = store(row.logits(), type, elements);
    SamplerChain chain = SamplerChain.of(steps.toArray(Step[]::new));
    Sampler expected = chain.newSampler(length, 5, kernels());
    Sampler actual = chain.newSampler(length, 5, kernels());
    try (Arena arena = Arena.ofConfined()) {
      MemorySegment segment = place.of(arena, elements, type.bytes());
      for (int i = 0; i < 2; i++) {
        assertEquals(
            outcome(expected, () -> expected.sample(x)),
            outcome(actual, () -> actual.sample(segment, type.bytes(), length, type)));
        assertEquals(expected.position(), actual.position());
      }
      assertEquals(
          outcome(expected, () -> expected.sample(x, 0, length, 0.7)),
          outcome(actual, () -> actual.sample(segment, type.bytes(), length, type, 0.7)));
      if (type == ElementType.FLOAT32 && segment.isNative()) {
        FloatBuffer buffer =
            segment
                .asSlice(0, 4L * (length + 1))
                .asByteBuffer()
                .order(ByteOrder.nativeOrder())
                .asFloatBuffer()
                .position(1);
        assertEquals(
            outcome(expected, () -> expected.sample(x, 0, length, 0.2)),
            outcome(actual, () -> actual.sample(buffer, 0.2)));
        assertEquals(1, buffer.position());
      }
    }
  }

  private static List<Object> outcome(Sampler sampler, Supplier<Integer> call) {
    int token;
    try {
      token = call.get();
    } catch (IllegalArgumentException | IllegalStateException e) {
      assertThrows(IllegalStateException.class, sampler::candidates);
      return List.of(e.getClass(), String.valueOf(e.getMessage()));
    }
    float[] written = new float[sampler.vocabularySize()];
    sampler.maskedLogits(written, 0);
    return List.of(
        token,
        Float.floatToRawIntBits(sampler.probability()),
        Arrays.hashCode(Chains.ids(sampler.candidates())),
        Arrays.hashCode(Chains.probabilities(sampler.candidates())),
        Arrays.hashCode(EntryPoint.bits(written)));
  }

  /** Whichever kernel comes first: none relies on what another has widened. */
  @Example
  default void anyKernelMayBeTheFirst() {
    float[] out = new float[300];
    float[] other = new float[300];
    int[] ids = new int[300];
    for (ElementType type : ElementType.values()) {
      MemorySegment row = MemorySegment.ofArray(new byte[300 * type.bytes()]);
      float[] given = new float[300];
      for (int i = 0; i < given.length; i++) {
        given[i] = i * 7919 % 300 / 16f;
      }
      float[] x = store(given, type, row);
      Workspace array = Workspace.of(300);
      assertEquals(
          kernels().argMax(x, 0, 300), kernels().argMax(row, 0, 300, type, Workspace.of(300)));
      assertEquals(
          kernels().logSumExp(x, 0, 300, 1),
          kernels().logSumExp(row, 0, 300, type, 1, Workspace.of(300)));
      kernels().softmax(x, 0, 300, 1, out, 0);
      kernels().softmax(row, 0, 300, type, 1, Workspace.of(300), other, 0);
      assertArrayEquals(out, other);
      kernels().logSoftmax(x, 0, 300, 1, out, 0);
      kernels().logSoftmax(row, 0, 300, type, 1, Workspace.of(300), other, 0);
      assertArrayEquals(out, other);
      for (int k : new int[] {1, 5}) {
        kernels().topK(x, 0, 300, k, array, ids, out);
        kernels().topK(row, 0, 300, type, k, Workspace.of(300), ids, other);
        assertArrayEquals(out, other);
      }
      assertEquals(
          kernels().topP(x, 0, 300, 1, 0.5f, array, ids, out),
          kernels().topP(row, 0, 300, type, 1, 0.5f, Workspace.of(300), ids, out));
      assertEquals(
          kernels().sample(x, 0, 300, 1, 0.5, array),
          kernels().sample(row, 0, 300, type, 1, 0.5, Workspace.of(300)));
    }
  }

  /** Kernels. */
  @Property
  default void kernelsGiveTheBitsOfTheWidenedRow(
      @ForAll("heldRows") TestRow row, @ForAll ElementType type, @ForAll Place place) {
    int length = row.length();
    MemorySegment elements = MemorySegment.ofArray(new byte[length * type.bytes()]);
    float[] x = store(row.logits(), type, elements);
    Workspace ours = Workspace.of(length);
    Workspace theirs = Workspace.of(length);
    int[] ids = new int[length];
    int[] otherIds = new int[length];
    float[] out = new float[length];
    float[] other = new float[length];
    float t = 0.9f;
    try (Arena arena = Arena.ofConfined()) {
      MemorySegment segment = place.of(arena, elements, type.bytes());
      int at = type.bytes();
      same(
          () -> kernels().argMax(x, 0, length),
          () -> kernels().argMax(segment, at, length, type, ours));
      same(
          () -> kernels().logSumExp(x, 0, length, t),
          () -> kernels().logSumExp(segment, at, length, type, t, ours));
      same(
          () -> kernels().sample(x, 0, length, t, 0.4, theirs),
          () -> kernels().sample(segment, at, length, type, t, 0.4, ours));
      for (int k : new int[] {1, 3, 40, length}) {
        same(
            () -> kernels().topK(x, 0, length, k, theirs, ids, out),
            () -> kernels().topK(segment, at, length, type, k, ours, otherIds, other));
        assertArrayEquals(ids, otherIds);
        assertArrayEquals(EntryPoint.bits(out), EntryPoint.bits(other));
      }
      same(
          () -> kernels().topP(x, 0, length, t, 0.8f, theirs, ids, out),
          () -> kernels().topP(segment, at, length, type, t, 0.8f, ours, otherIds, other));
      assertArrayEquals(ids, otherIds);
      assertArrayEquals(EntryPoint.bits(out), EntryPoint.bits(other));
      MemorySegment native1 = arena.allocate(4L * length + 8, 4);
      MemorySegment heap = MemorySegment.ofArray(new float[length + 2]);
      for (boolean logs : new boolean[] {false, true}) {
        same(
            () -> {
              if (logs) {
                kernels().logSoftmax(x, 0, length, t, out, 0);
              } else {
                kernels().softmax(x, 0, length, t, out, 0);
              }
              return 0;
            },
            () -> {
              if (logs) {
                kernels().logSoftmax(segment, at, length, type, t, ours, other, 0);
              } else {
                kernels().softmax(segment, at, length, type, t, ours, other, 0);
              }
              return 0;
            });
        assertArrayEquals(EntryPoint.bits(out), EntryPoint.bits(other));
        List<MemorySegment> outputs = new ArrayList<>(List.of(native1, heap));
        if (type == ElementType.FLOAT32 && place != Place.READ_ONLY) {
          outputs.add(place.of(arena, elements, at)); // in place
        }
        for (MemorySegment output : outputs) {
          boolean inPlace = output != native1 && output != heap;
          MemorySegment input = inPlace ? output : segment;
          same(
              () -> {
                kernels().softmax(x, 0, length, t, out, 0);
                kernels().logSoftmax(x, 0, length, t, other, 0);
                return 0;
              },
              () -> {
                if (logs) {
                  kernels().logSoftmax(input, at, length, type, t, ours, output, 4);
                } else {
                  kernels().softmax(input, at, length, type, t, ours, output, 4);
                }
                float[] written = new float[length];
                MemorySegment.copy(output, ValueLayout.JAVA_FLOAT_UNALIGNED, 4, written, 0, length);
                assertArrayEquals(EntryPoint.bits(logs ? other : out), EntryPoint.bits(written));
                return 0;
              });
        }
      }
    }
  }

  private static void same(Supplier<Object> expected, Supplier<Object> actual) {
    Object result;
    try {
      result = expected.get();
    } catch (IllegalArgumentException | IllegalStateException e) {
      RuntimeException its = assertThrows(e.getClass(), actual::get);
      assertEquals(e.getMessage(), its.getMessage());
      return;
    }
    assertEquals(result, actual.get());
  }

  /** Every number of every narrow type. */
  @Example
  default void everyNarrowNumberIsWidenedExactly() {
    Workspace workspace = Workspace.of(1 << 16);
    for (ElementType type : narrowTypes()) {
      int all = 1 << 8 * type.bytes();
      List<Integer> valid = new ArrayList<>();
      int infinite = 0;
      for (int bits = 0; bits < all; bits++) {
        float value = widened(bits, type);
        if (value < Float.POSITIVE_INFINITY) { // neither that nor NaN
          valid.add(bits);
        }
        if (value == Float.NEGATIVE_INFINITY) {
          infinite++;
        }
      }
      int length = valid.size();
      try (Arena arena = Arena.ofConfined()) {
        MemorySegment segment = arena.allocate((long) type.bytes() * length, 2);
        for (int i = 0; i < length; i++) {
          set(segment, type, i, valid.get(i));
        }
        int[] ids = new int[length];
        float[] values = new float[length];
        int size = kernels().topK(segment, 0, length, type, length, workspace, ids, values);
        assertEquals(length - infinite, size, "all but -Infinity");
        for (int i = 0; i < size; i++) {
          assertEquals(widened(valid.get(ids[i]), type) + 0f, values[i]);
        }
        int part = Math.min(length, 3000);
        for (int bad = 0; bad < all; bad += all > 256 ? 7 : 1) {
          float value = widened(bad, type);
          if (!(value < Float.POSITIVE_INFINITY)) {
            set(segment, type, 70, bad);
            Failures.illegalArgument(
                "logit 70 is " + value, () -> kernels().argMax(segment, 0, part, type, workspace));
            Failures.illegalArgument(
                "logit 70 is " + value,
                () -> kernels().topK(segment, 0, part, type, 5, workspace, ids, values));
          }
        }
      }
    }
  }

  /** The best is found without widening the row: ties, both zeros, negative rows, ends. */
  @Example
  default void bestOfHalvesIsThatOfTheWidenedRow() {
    int longest = 70_001; // several blocks
    Workspace workspace = Workspace.of(longest);
    float[][] kinds = {
      {-0f, 0f, -1},
      {0f, -0f, -1},
      {0f, -1, -0.5f}, // the only one that is not negative
      {-3, -2.5f, -2.5f, -65504, Float.NEGATIVE_INFINITY},
      {Float.NEGATIVE_INFINITY, Float.NEGATIVE_INFINITY, -65504},
      {65504, 6e-8f, -6e-8f, 65504},
      {-6e-8f, -0f, -1e-4f},
      {1, 2, 3, 4, 5, 6, 7, 8, 9, 10, 11},
      {11, 2, 3, 4}
    };
    SplittableRandom random = new SplittableRandom(5);
    for (ElementType type : narrowTypes()) {
      for (int length : new int[] {1, 2, 7, 15, 16, 17, 31, 32, 33, 100, 1023, 32_768, longest}) {
        for (float[] kind : kinds) {
          float[] x = new float[length];
          for (int i = 0; i < length; i++) {
            x[i] = kind[random.nextInt(1, kind.length)];
          }
          int at = random.nextBoolean() ? random.nextInt(length) : length - 1;
          x[at] = kind[0];
          try (Arena arena = Arena.ofConfined()) {
            MemorySegment segment = arena.allocate((long) type.bytes() * length + 1).asSlice(1);
            float[] widened = store(x, type, segment);
            if (most(widened) == Float.NEGATIVE_INFINITY) {
              Failures.illegalState(
                  "every logit in the range is -Infinity: nothing can be sampled",
                  () -> kernels().argMax(segment, 0, length, type, workspace));
            } else {
              assertEquals(
                  Kernels.scalar().argMax(widened, 0, length),
                  kernels().argMax(segment, 0, length, type, workspace),
                  () -> type + " " + length + " " + Arrays.toString(kind) + " at " + at);
            }
          }
        }
      }
    }
  }

  private static float most(float[] x) {
    float max = Float.NEGATIVE_INFINITY;
    for (float value : x) {
      max = Math.max(max, value);
    }
    return max;
  }

  /** Float buffers: direct, of an array, read-only, in part. */
  @Example
  default void buffersAreReadBetweenPositionAndLimit() {
    float[] x = TestRows.of(TestRows.Distribution.NORMAL, 2000, 0, 4).logits();
    SamplerChain chain = SamplerChain.of(Step.topP(0.9f));
    Sampler expected = chain.newSampler(1500, 5, kernels());
    Sampler actual = chain.newSampler(1500, 5, kernels());
    FloatBuffer direct =
        ByteBuffer.allocateDirect(4 * 2000 + 4)
            .position(4)
            .slice()
            .order(ByteOrder.nativeOrder())
            .asFloatBuffer()
            .put(x);
    FloatBuffer heap = FloatBuffer.wrap(x).slice(10, 1900);
    for (FloatBuffer buffer :
        List.of(direct, heap, heap.asReadOnlyBuffer(), direct.asReadOnlyBuffer())) {
      int shift = buffer.capacity() == 1900 ? 10 : 0;
      for (int from : new int[] {0, 1, 333}) {
        buffer.limit(from + 1200).position(from);
        assertEquals(expected.sample(x, from + shift, from + shift + 1200), actual.sample(buffer));
        assertArrayEquals(
            Chains.probabilities(expected.candidates()), Chains.probabilities(actual.candidates()));
        assertEquals(from, buffer.position());
      }
      buffer.clear();
    }
    ByteOrder foreign =
        ByteOrder.nativeOrder() == ByteOrder.BIG_ENDIAN
            ? ByteOrder.LITTLE_ENDIAN
            : ByteOrder.BIG_ENDIAN;
    Failures.illegalArgument(
        "the buffer is " + foreign + ", but the machine is " + ByteOrder.nativeOrder(),
        () -> actual.sample(ByteBuffer.allocateDirect(40).order(foreign).asFloatBuffer()));
    Failures.illegalArgument(
        "the buffer has no logits between position and limit",
        () -> actual.sample(FloatBuffer.allocate(3).position(3)));
    Failures.illegalArgument(
        "the row has 2000 logits, but the vocabulary size is 1500", () -> actual.sample(direct));
  }

  /** Rows of all kinds in turn, in one sampler or workspace: nothing of the last one is left. */
  @Example
  default void rowsOfAllKindsInTurn() {
    int length = 3000;
    Workspace ofTopK = Workspace.of(length); // one each: a kernel may forget what another left
    Workspace ofSample = Workspace.of(length);
    int[] ids = new int[20];
    float[] values = new float[20];
    List<SamplerChain> chains =
        List.of(
            SamplerChain.of(),
            SamplerChain.of(Step.topK(20)),
            SamplerChain.of(Step.topP(0.9f)),
            SamplerChain.of(Step.minP(0.1f)),
            SamplerChain.of(Step.topNSigma(1)),
            SamplerChain.of(Step.topH(0.5f, length)),
            SamplerChain.of(Step.pLess()));
    List<Sampler> samplers =
        chains.stream().map(chain -> chain.newSampler(length, 5, kernels())).toList();
    for (int n = 0; n < 24; n++) {
      ElementType type = ElementType.values()[n * 7 % 5 % ElementType.values().length];
      float[] row = TestRows.of(TestRows.Distribution.NORMAL, length, 0, n).logits();
      for (int i = 0; i < length; i++) {
        row[i] -= n * 13 % 8 * 10; // so that the maximum of one is not near that of another
      }
      try (Arena arena = Arena.ofConfined()) {
        MemorySegment segment = arena.allocate((long) length * type.bytes(), 4);
        float[] x = store(row, type, segment);
        boolean array = n % 4 == 1;
        for (int i = 0; i < chains.size(); i++) {
          Sampler fresh = chains.get(i).newSampler(length, 5, kernels());
          Sampler used = samplers.get(i);
          assertEquals(
              outcome(fresh, () -> fresh.sample(x, 0, length, 0.6)),
              outcome(
                  used,
                  () ->
                      array
                          ? used.sample(x, 0, length, 0.6)
                          : used.sample(segment, 0, length, type, 0.6)),
              chains.get(i) + ", row " + n);
        }
        assertEquals(
            kernels().sample(x, 0, length, 1, 0.6, Workspace.of(length)),
            array
                ? kernels().sample(x, 0, length, 1, 0.6, ofSample)
                : kernels().sample(segment, 0, length, type, 1, 0.6, ofSample));
        int[] freshIds = new int[20];
        float[] freshValues = new float[20];
        kernels().topK(x, 0, length, 20, Workspace.of(length), freshIds, freshValues);
        if (array) {
          kernels().topK(x, 0, length, 20, ofTopK, ids, values);
        } else {
          kernels().topK(segment, 0, length, type, 20, ofTopK, ids, values);
        }
        assertArrayEquals(freshIds, ids);
        assertArrayEquals(freshValues, values);
      }
    }
  }

  /** Two buffers are two rows, though position and limit are the same. */
  @Example
  default void buffersAreToldApart() {
    Sampler sampler = SamplerChain.greedy().newSampler(3, 1, kernels());
    FloatBuffer[] buffers = new FloatBuffer[2];
    for (int i = 0; i < 2; i++) {
      buffers[i] = ByteBuffer.allocateDirect(4 * 4).order(ByteOrder.nativeOrder()).asFloatBuffer();
      buffers[i].put(new float[] {0, i, 1 - i, 2}).position(0).limit(3);
    }
    for (int call = 0; call < 4; call++) {
      assertEquals(2 - call % 2, sampler.sample(buffers[call % 2]));
    }
    buffers[1].limit(4).position(1); // the second token is the third of the row now
    assertEquals(2, sampler.sample(buffers[1]));
    assertEquals(2, sampler.sample(buffers[1]));
    buffers[1].limit(3); // and the first again
    assertEquals(0, sampler.sample(buffers[1]));
    buffers[1].position(0);
    assertEquals(1, sampler.sample(buffers[1]));
    buffers[1].position(1).limit(2);
    assertEquals(0, sampler.sample(buffers[1]));
    buffers[1].limit(4); // the memory looked at grows, and begins where it did
    assertEquals(2, sampler.sample(buffers[1]));
  }

  /** An output may begin where the row ends, and end where it begins. */
  @Example
  default void outputsMayBeBesideTheRow() {
    Workspace workspace = Workspace.of(4);
    float[] x = {3, 1, 2, 0};
    float[] expected = new float[4];
    kernels().softmax(x, 0, 4, 1, expected, 0);
    for (ElementType type : ElementType.values()) {
      long bytes = 4L * type.bytes();
      try (Arena arena = Arena.ofConfined()) {
        for (MemorySegment memory :
            List.of(arena.allocate(48, 4), MemorySegment.ofArray(new float[12]))) {
          MemorySegment row = memory.asSlice(16, bytes);
          for (long at : new long[] {0, 16 + bytes}) {
            store(x, type, row);
            kernels().softmax(memory, 16, 4, type, 1, workspace, memory, at);
            MemorySegment out = memory.asSlice(at, 16);
            assertArrayEquals(expected, out.toArray(ValueLayout.JAVA_FLOAT_UNALIGNED));
            long over = at == 0 ? 2 : at - 2;
            Failures.illegalArgument(
                "logProbabilities overlap logits: in place means FLOAT32 at the same place",
                () -> kernels().logSoftmax(memory, 16, 4, type, 1, workspace, memory, over));
          }
        }
      }
    }
  }

  /** From native memory to native memory: rows of every length about a vector's and a block's. */
  @Example
  default void nativeOutputsHaveTheBitsOfArrays() {
    ElementType type = ElementType.FLOAT32;
    SplittableRandom random = new SplittableRandom(12);
    for (int length : new int[] {1, 31, 32, 33, 47, 100, 1024, 2077}) {
      for (float t : new float[] {0.9f, 2, 0.01f, 0x1p-121f, 0x1p121f}) {
        float[] given = new float[length];
        for (int i = 0; i < length; i++) {
          given[i] = i % 7 == 5 ? Float.NEGATIVE_INFINITY : random.nextInt(-200, 200) / 16f;
        }
        float[] expected = new float[length];
        float[] written = new float[length + 2];
        Workspace workspace = Workspace.of(length);
        try (Arena arena = Arena.ofConfined()) {
          MemorySegment row = arena.allocate(4L * length, 4);
          MemorySegment output = arena.allocate(4L * length + 8, 4);
          float[] x = store(given, type, row);
          for (boolean logs : new boolean[] {false, true}) {
            output.fill((byte) 7);
            if (logs) {
              kernels().logSoftmax(x, 0, length, t, expected, 0);
              kernels().logSoftmax(row, 0, length, type, t, workspace, output, 4);
            } else {
              kernels().softmax(x, 0, length, t, expected, 0);
              kernels().softmax(row, 0, length, type, t, workspace, output, 4);
            }
            MemorySegment.copy(output, ValueLayout.JAVA_FLOAT, 0, written, 0, length + 2);
            float[] inside = Arrays.copyOfRange(written, 1, length + 1);
            assertArrayEquals(EntryPoint.bits(expected), EntryPoint.bits(inside));
            for (int beside : new int[] {0, length + 1}) {
              assertEquals(0x07070707, Float.floatToRawIntBits(written[beside]));
            }
          }
        }
      }
    }
  }

  /** An output may be in the array that the row is a view of: beside the row or in its place. */
  @Example
  default void outputsMayBeInTheArrayOfTheRow() {
    Workspace workspace = Workspace.of(4);
    float[] x = {3, 1, 2, 0};
    float[] expected = new float[4];
    kernels().softmax(x, 0, 4, 1, expected, 0);
    float[] logarithms = new float[4];
    kernels().logSoftmax(x, 0, 4, 1, logarithms, 0);
    float[] array = new float[12];
    MemorySegment view = MemorySegment.ofArray(array);
    ElementType type = ElementType.FLOAT32;
    for (int at = 0; at <= 8; at++) {
      int place = at;
      System.arraycopy(x, 0, array, 4, 4);
      if (at % 4 == 0) {
        kernels().softmax(view, 16, 4, type, 1, workspace, array, at);
        assertArrayEquals(expected, Arrays.copyOfRange(array, at, at + 4));
        System.arraycopy(x, 0, array, 4, 4);
        kernels().logSoftmax(view, 16, 4, type, 1, workspace, array, at);
        assertArrayEquals(logarithms, Arrays.copyOfRange(array, at, at + 4));
      } else {
        String overlap = " overlap logits: in place means the same array at the same offset";
        Failures.illegalArgument(
            "probabilities" + overlap,
            () -> kernels().softmax(view, 16, 4, type, 1, workspace, array, place));
        Failures.illegalArgument(
            "logProbabilities" + overlap,
            () -> kernels().logSoftmax(view, 16, 4, type, 1, workspace, array, place));
      }
    }
  }

  /** Unhappy paths. */
  @Example
  default void badSegments() {
    Sampler sampler = SamplerChain.of().newSampler(4, 1, kernels());
    Workspace workspace = Workspace.of(4);
    ElementType type = ElementType.FLOAT32;
    MemorySegment four = MemorySegment.ofArray(new float[4]);
    Failures.illegalArgument(
        "length must be >= 1, but was 0", () -> sampler.sample(four, 0, 0, type));
    assertThrows(IndexOutOfBoundsException.class, () -> sampler.sample(four, 4, 4, type));
    assertThrows(IndexOutOfBoundsException.class, () -> sampler.sample(four, -4, 4, type));
    assertThrows(
        IndexOutOfBoundsException.class, () -> kernels().argMax(four, 1, 4, type, workspace));
    Failures.illegalArgument(
        "the row has 8 logits, but the vocabulary size is 4",
        () -> sampler.sample(four, 0, 8, ElementType.FLOAT16));
    outside(
        "Range [0, 0 + 32) out of bounds for length 16", () -> sampler.sample(four, 0, 8, type));
    Failures.illegalArgument(
        "probabilities is read-only",
        () -> kernels().softmax(four, 0, 4, type, 1, workspace, four.asReadOnly(), 0));
    assertThrows(
        IndexOutOfBoundsException.class,
        () -> kernels().softmax(four, 0, 4, type, 1, workspace, four, 4));
    MemorySegment closed;
    try (Arena arena = Arena.ofConfined()) {
      closed = arena.allocate(1000, 4);
      MemorySegment overlapping = closed;
      for (ElementType any : ElementType.values()) {
        Failures.illegalArgument(
            "probabilities overlap logits: in place means FLOAT32 at the same place",
            () -> kernels().softmax(overlapping, 0, 4, any, 1, workspace, overlapping, 2));
        Thread other =
            new Thread(
                () -> {
                  for (int length : new int[] {4, 40}) {
                    assertThrows(
                        WrongThreadException.class,
                        () -> wide(length).sample(overlapping, 0, length, any));
                  }
                });
        Throwable[] failure = new Throwable[1];
        other.setUncaughtExceptionHandler((thread, e) -> failure[0] = e);
        other.start();
        try {
          other.join();
        } catch (InterruptedException e) {
          throw new AssertionError(e);
        }
        assertEquals(null, failure[0]);
      }
    }
    for (double u : new double[] {1, -0.1, Double.NaN}) { // told before the row is looked at
      String message = "u must be in [0, 1), but was " + u;
      Failures.illegalArgument(message, () -> sampler.sample(closed, 0, 4, type, u));
      Failures.illegalArgument(message, () -> sampler.sample(FloatBuffer.allocate(0), u));
    }
    for (ElementType any : ElementType.values()) {
      for (int length : new int[] {4, 40}) {
        Sampler onClosed = wide(length);
        IllegalStateException e =
            assertThrows(
                IllegalStateException.class, () -> onClosed.sample(closed, 0, length, any));
        assertTrue(e.getMessage().contains("closed"), e.getMessage());
        assertEquals(0, onClosed.position());
      }
    }
  }

  /** The checks of the kernels for arrays, in their words, before the row is read. */
  @Example
  default void badArgumentsOfKernels() {
    Workspace w = Workspace.of(4);
    Workspace small = Workspace.of(3);
    ElementType type = ElementType.FLOAT32;
    float[] array = {Float.NaN, 1, 2, 3, 4, 5, 6, 7};
    int[] bits = EntryPoint.bits(array);
    MemorySegment x = MemorySegment.ofArray(array).asSlice(0, 16);
    int[] ids = new int[4];
    float[] floats = new float[4];
    double[] doubles = new double[4];
    MemorySegment out = MemorySegment.ofArray(floats);
    for (float t : new float[] {0, -1, Float.NaN, Float.POSITIVE_INFINITY}) {
      all(
          "temperature must be finite and > 0, but was " + t,
          () -> kernels().logSumExp(x, 0, 4, type, t, w),
          () -> kernels().softmax(x, 0, 4, type, t, w, floats, 0),
          () -> kernels().softmax(x, 0, 4, type, t, w, out, 0),
          () -> kernels().logSoftmax(x, 0, 4, type, t, w, floats, 0),
          () -> kernels().logSoftmax(x, 0, 4, type, t, w, out, 0),
          () -> kernels().topP(x, 0, 4, type, t, 0.5f, w, ids, floats),
          () -> kernels().sample(x, 0, 4, type, t, 0.5, w),
          () -> kernels().logProbability(array, 0, 4, t, 1),
          () -> kernels().topLogProbabilities(array, 0, 4, t, 2, w, ids, doubles));
    }
    all("k must be >= 1, but was 0", () -> kernels().topK(x, 0, 4, type, 0, w, ids, floats));
    all(
        "p must be in [0, 1], but was 1.5",
        () -> kernels().topP(x, 0, 4, type, 1, 1.5f, w, ids, floats));
    all("u must be in [0, 1), but was 1.0", () -> kernels().sample(x, 0, 4, type, 1, 1, w));
    all(
        "ids has length 3, but 4 are needed",
        () -> kernels().topK(x, 0, 4, type, 4, w, new int[3], floats),
        () -> kernels().topLogProbabilities(array, 0, 4, 1, 4, w, new int[3], doubles));
    all(
        "values has length 3, but 4 are needed",
        () -> kernels().topK(x, 0, 4, type, 4, w, ids, new float[3]));
    all(
        "length must be >= 1, but was 0",
        () -> kernels().argMax(x, 0, 0, type, w),
        () -> kernels().logSumExp(x, 0, 0, type, 1, w),
        () -> kernels().softmax(x, 0, 0, type, 1, w, floats, 0),
        () -> kernels().softmax(x, 0, 0, type, 1, w, out, 0),
        () -> kernels().logSoftmax(x, 0, 0, type, 1, w, floats, 0),
        () -> kernels().logSoftmax(x, 0, 0, type, 1, w, out, 0),
        () -> kernels().topK(x, 0, 0, type, 2, w, ids, floats),
        () -> kernels().topP(x, 0, 0, type, 1, 0.5f, w, ids, floats),
        () -> kernels().sample(x, 0, 0, type, 1, 0.5, w));
    all(
        "the row has 4 logits, but the workspace holds 3",
        () -> kernels().argMax(x, 0, 4, type, small),
        () -> kernels().logSumExp(x, 0, 4, type, 1, small),
        () -> kernels().softmax(x, 0, 4, type, 1, small, floats, 0),
        () -> kernels().softmax(x, 0, 4, type, 1, small, out, 0),
        () -> kernels().logSoftmax(x, 0, 4, type, 1, small, floats, 0),
        () -> kernels().logSoftmax(x, 0, 4, type, 1, small, out, 0),
        () -> kernels().topK(x, 0, 4, type, 2, small, ids, floats),
        () -> kernels().topP(x, 0, 4, type, 1, 0.5f, small, ids, floats),
        () -> kernels().sample(x, 0, 4, type, 1, 0.5, small),
        () -> kernels().topLogProbabilities(array, 0, 4, 1, 2, small, ids, doubles));
    String range = "Range [4, 4 + 16) out of bounds for length 16";
    outside(range, () -> kernels().argMax(x, 4, 4, type, w));
    outside(range, () -> kernels().logSumExp(x, 4, 4, type, 1, w));
    outside(range, () -> kernels().softmax(x, 4, 4, type, 1, w, floats, 0));
    outside(range, () -> kernels().softmax(x, 4, 4, type, 1, w, out, 0));
    outside(range, () -> kernels().softmax(x, 0, 4, type, 1, w, out, 4));
    outside(range, () -> kernels().logSoftmax(x, 4, 4, type, 1, w, floats, 0));
    outside(range, () -> kernels().logSoftmax(x, 4, 4, type, 1, w, out, 0));
    outside(range, () -> kernels().logSoftmax(x, 0, 4, type, 1, w, out, 4));
    outside(range, () -> kernels().topK(x, 4, 4, type, 2, w, ids, floats));
    outside(range, () -> kernels().topP(x, 4, 4, type, 1, 0.5f, w, ids, floats));
    outside(range, () -> kernels().sample(x, 4, 4, type, 1, 0.5, w));
    String output = "Range [1, 1 + 4) out of bounds for length 4";
    outside(output, () -> kernels().softmax(x, 0, 4, type, 1, w, floats, 1));
    outside(output, () -> kernels().logSoftmax(x, 0, 4, type, 1, w, floats, 1));
    String logs = "logProbabilities";
    for (int from : new int[] {1, 3}) {
      String overlap = " overlap logits: in place means the same array at the same offset";
      all("probabilities" + overlap, () -> kernels().softmax(x, 0, 4, type, 1, w, array, from));
      all(logs + overlap, () -> kernels().logSoftmax(x, 0, 4, type, 1, w, array, from));
      MemorySegment whole = MemorySegment.ofArray(array);
      String place = " overlap logits: in place means FLOAT32 at the same place";
      all("probabilities" + place, () -> kernels().softmax(x, 0, 4, type, 1, w, whole, 4L * from));
      all(logs + place, () -> kernels().logSoftmax(x, 0, 4, type, 1, w, whole, 4L * from));
    }
    all(
        logs + " is read-only",
        () -> kernels().logSoftmax(x, 0, 4, type, 1, w, out.asReadOnly(), 0));
    assertArrayEquals(bits, EntryPoint.bits(array));
    assertArrayEquals(new float[4], floats);
    assertArrayEquals(new int[4], ids);
    assertArrayEquals(new double[4], doubles);
  }

  private static void all(String message, Executable... calls) {
    for (Executable call : calls) {
      Failures.illegalArgument(message, call);
    }
  }

  private static void outside(String message, Executable call) {
    Failures.expect(IndexOutOfBoundsException.class, message, call);
  }

  private Sampler wide(int length) {
    return SamplerChain.of(Step.topK(2)).newSampler(length, 1, kernels());
  }
}
