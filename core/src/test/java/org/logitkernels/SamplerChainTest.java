package org.logitkernels;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertNotEquals;
import static org.junit.jupiter.api.Assertions.assertThrows;
import static org.junit.jupiter.api.Assertions.assertTrue;

import java.io.ByteArrayInputStream;
import java.io.ByteArrayOutputStream;
import java.io.DataOutputStream;
import java.io.IOException;
import java.io.InvalidObjectException;
import java.io.ObjectInputStream;
import java.io.ObjectOutputStream;
import java.io.ObjectStreamClass;
import java.io.ObjectStreamConstants;
import java.nio.ByteBuffer;
import java.nio.charset.StandardCharsets;
import java.util.Arrays;
import java.util.HashSet;
import java.util.List;
import java.util.Set;
import org.junit.jupiter.api.Test;

/** A chain as a value: equality, text, and streams that were tampered with. */
class SamplerChainTest {
  private static final SamplerChain CHAIN =
      SamplerChain.of(Step.temperature(0.8f), Step.topK(40), Step.topP(0.95f), Step.minP(0.05f));

  @Test
  void chainsAreEqualByTheirStepsInOrder() {
    SamplerChain same =
        SamplerChain.of(Step.temperature(0.8f), Step.topK(40), Step.topP(0.95f), Step.minP(0.05f));
    assertEquals(CHAIN, same);
    assertEquals(CHAIN.hashCode(), same.hashCode());
    assertEquals(SamplerChain.greedy(), SamplerChain.of(Step.temperature(0)));
    assertEquals(SamplerChain.greedy(), SamplerChain.of(Step.temperature(-0f)));
    assertEquals(SamplerChain.of(Step.topP(0)), SamplerChain.of(Step.topP(-0f)));
    assertEquals(SamplerChain.of(Step.minP(0)), SamplerChain.of(Step.minP(-0f)));
    assertEquals(
        SamplerChain.of(Step.minP(0)).hashCode(), SamplerChain.of(Step.minP(-0f)).hashCode());
    Set<SamplerChain> different =
        new HashSet<>(
            List.of(
                CHAIN,
                SamplerChain.of(),
                SamplerChain.greedy(),
                SamplerChain.of(Step.topK(40), Step.topP(0.95f)),
                SamplerChain.of(Step.topP(0.95f), Step.topK(40)),
                SamplerChain.of(Step.topP(0.5f)),
                SamplerChain.of(Step.minP(0.5f)),
                SamplerChain.of(Step.temperature(0.5f))));
    assertEquals(8, different.size());
    assertTrue(different.contains(same));
    assertNotEquals(CHAIN, CHAIN.steps());
  }

  @Test
  void textNamesTheStepsInOrder() {
    assertEquals("temperature=0.8, top_k=40, top_p=0.95, min_p=0.05", CHAIN.toString());
    assertEquals("temperature=0.0", SamplerChain.greedy().toString());
    assertEquals("", SamplerChain.of().toString());
  }

  @Test
  void stepsAreUnmodifiable() {
    List<Step> steps = CHAIN.steps();
    assertEquals(4, steps.size());
    assertThrows(UnsupportedOperationException.class, () -> steps.add(Step.topK(1)));
    assertThrows(UnsupportedOperationException.class, () -> steps.set(0, Step.topK(1)));
    assertThrows(UnsupportedOperationException.class, () -> steps.remove(0));
  }

  @Test
  void stepsAreCopiedFromTheArray() {
    Step[] steps = {Step.topK(3), Step.topP(0.5f)};
    SamplerChain chain = SamplerChain.of(steps);
    steps[0] = Step.topK(1);
    assertEquals(SamplerChain.of(Step.topK(3), Step.topP(0.5f)), chain);
  }

  @Test
  void missingStepsAreRejected() {
    assertThrows(NullPointerException.class, () -> SamplerChain.of(new Step[] {null}));
    assertThrows(
        NullPointerException.class, () -> SamplerChain.of(Step.topK(1), null, Step.topP(1)));
    assertThrows(NullPointerException.class, () -> SamplerChain.of((Step[]) null));
  }

  @Test
  void streamsBringChainsAndStepsBack() throws Exception {
    for (SamplerChain chain : List.of(CHAIN, SamplerChain.of(), SamplerChain.greedy())) {
      assertEquals(chain, read(write(chain)));
    }
    for (Step step : CHAIN.steps()) {
      assertEquals(step, read(write(step)));
    }
    SamplerChain back = (SamplerChain) read(write(CHAIN));
    assertThrows(UnsupportedOperationException.class, () -> back.steps().remove(0));
    float[] row = {1, 3, 2};
    assertEquals(
        CHAIN.newSampler(3, 7, Kernels.scalar()).sample(row),
        back.newSampler(3, 7, Kernels.scalar()).sample(row));
  }

  @Test
  void streamsWithForgedParametersAreRejected() throws Exception {
    int kBits = 0x12345678;
    float p = 0.71828f;
    float t = 1.71828f;
    int pBits = Float.floatToRawIntBits(p);
    int tBits = Float.floatToRawIntBits(t);
    int[] badFloats = {
      Float.floatToRawIntBits(-1f), Float.floatToRawIntBits(Float.NaN), 0xffc00001, 0x7f800000
    };
    assertRejected(Step.topK(kBits), kBits, 0, "k must be >= 1, but was 0");
    assertRejected(Step.topK(kBits), kBits, -7, "k must be >= 1, but was -7");
    for (int bad : badFloats) {
      float value = Float.intBitsToFloat(bad);
      assertRejected(Step.topP(p), pBits, bad, "p must be in [0, 1], but was " + value);
      assertRejected(Step.minP(p), pBits, bad, "p must be in [0, 1], but was " + value);
      assertRejected(
          Step.temperature(t), tBits, bad, "temperature must be finite and >= 0, but was " + value);
    }
    int two = Float.floatToRawIntBits(2f);
    assertRejected(Step.topP(p), pBits, two, "p must be in [0, 1], but was 2.0");
    assertRejected(Step.minP(p), pBits, two, "p must be in [0, 1], but was 2.0");
    // The forgery itself works: a valid one is accepted.
    assertEquals(
        SamplerChain.of(Step.topK(5)),
        read(patch(write(SamplerChain.of(Step.topK(kBits))), kBits, 5)));
  }

  /** In a chain and on its own. */
  private static void assertRejected(Step step, int bits, int forged, String message)
      throws IOException {
    for (Object object : List.of(SamplerChain.of(step), step)) {
      byte[] stream = patch(write(object), bits, forged);
      InvalidObjectException thrown =
          assertThrows(InvalidObjectException.class, () -> read(stream), message);
      assertEquals(message, thrown.getMessage());
    }
  }

  @Test
  void streamsOfAChainInsteadOfItsFormAreRejected() throws Exception {
    ByteArrayOutputStream bytes = new ByteArrayOutputStream();
    try (DataOutputStream out = new DataOutputStream(bytes)) {
      out.writeShort(ObjectStreamConstants.STREAM_MAGIC);
      out.writeShort(ObjectStreamConstants.STREAM_VERSION);
      out.writeByte(ObjectStreamConstants.TC_OBJECT);
      out.writeByte(ObjectStreamConstants.TC_CLASSDESC);
      out.writeUTF(SamplerChain.class.getName());
      out.writeLong(ObjectStreamClass.lookup(SamplerChain.class).getSerialVersionUID());
      out.writeByte(ObjectStreamConstants.SC_SERIALIZABLE);
      out.writeShort(0);
      out.writeByte(ObjectStreamConstants.TC_ENDBLOCKDATA);
      out.writeByte(ObjectStreamConstants.TC_NULL);
    }
    InvalidObjectException thrown =
        assertThrows(InvalidObjectException.class, () -> read(bytes.toByteArray()));
    assertEquals("a chain is read through its steps", thrown.getMessage());
  }

  /** Found by fuzzing: no array of steps, and an array with none in the place of one. */
  @Test
  void streamsWithNullsAreRejected() throws IOException {
    byte[] stream = write(SamplerChain.of(Step.topK(5)));
    String text = new String(stream, StandardCharsets.ISO_8859_1);
    int array = text.indexOf("ur\0\30[Lorg.logitkernels.Step;");
    int step = text.indexOf("\0\0\0\1sr\0\32org.logitkernels.Step$TopK") + 4;
    for (int at : new int[] {array, step}) {
      byte[] forged = Arrays.copyOf(stream, at + 1);
      forged[at] = ObjectStreamConstants.TC_NULL;
      assertThrows(InvalidObjectException.class, () -> read(forged));
    }
  }

  private static byte[] write(Object object) throws IOException {
    ByteArrayOutputStream bytes = new ByteArrayOutputStream();
    try (ObjectOutputStream out = new ObjectOutputStream(bytes)) {
      out.writeObject(object);
    }
    return bytes.toByteArray();
  }

  private static Object read(byte[] bytes) throws IOException, ClassNotFoundException {
    try (ObjectInputStream in = new ObjectInputStream(new ByteArrayInputStream(bytes))) {
      return in.readObject();
    }
  }

  /** Replaces the one occurrence of four bytes. */
  private static byte[] patch(byte[] stream, int bits, int forged) {
    byte[] wanted = ByteBuffer.allocate(4).putInt(bits).array();
    int at = -1;
    for (int i = 0; i + 4 <= stream.length; i++) {
      if (Arrays.equals(wanted, Arrays.copyOfRange(stream, i, i + 4))) {
        assertEquals(-1, at, "two occurrences");
        at = i;
      }
    }
    assertTrue(at >= 0, "no occurrence");
    byte[] patched = stream.clone();
    ByteBuffer.wrap(patched).putInt(at, forged);
    return patched;
  }
}
